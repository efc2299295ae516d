package app

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/doctor"
)

// credentials is where systemd keeps what LoadCredential= names.
const credentials = "/run/credentials"

// NewDoctor returns a doctor for an installation, running or not. closeAll frees
// what it uses.
func NewDoctor(ctx context.Context, cfg configs.Config, fsys fs.FS) (d *doctor.Doctor, closeAll func() error, err error) {
	d, closeAll = &doctor.Doctor{Config: cfg, Knowledge: fsys, Credentials: credentials, Now: time.Now}, func() error { return nil }
	if !hasDatabase(cfg) {
		return d, closeAll, nil // which the doctor says
	}
	if d.Store, d.Trouble = OpenStore(ctx, cfg, slog.New(slog.DiscardHandler)); d.Store == nil {
		return d, closeAll, nil
	}
	closeAll = d.Store.Close
	if cfg.Zalo.AppID != "" {
		if d.Tokens, err = ZaloTokens(cfg, d.Store); err != nil {
			return nil, nil, err
		}
	}
	return d, closeAll, nil
}
