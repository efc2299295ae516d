package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/console"
	"github.com/trolyao/trolyao/knowledge"
)

// ErrBrokenKnowledge is returned when the knowledge has errors. It never
// replaces a good version.
var ErrBrokenKnowledge = errors.New("kho tri thức có lỗi; chạy lệnh trolyao check để xem từng dòng")

// publisher takes the knowledge folder into the index. It implements
// console.Publisher.
type publisher struct {
	fsys    fs.FS
	index   *index.Index
	prepare func(*knowledge.Base) error // before it goes live
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	last console.Publication
}

// Publish loads the knowledge, checks it and makes it live. What is live stays
// so when anything is wrong.
func (p *publisher) Publish(ctx context.Context) (console.Publication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	version, problems, err := p.publish(ctx)
	p.last = console.Publication{At: p.now(), Version: version, Problems: problems, Err: err}
	if err != nil {
		p.log.ErrorContext(ctx, "knowledge not published, the live version stays", "err", err)
		for _, problem := range problems {
			if problem.Severity == knowledge.Error {
				p.log.ErrorContext(ctx, "knowledge problem", "problem", problem.String())
			}
		}
		return p.last, err
	}
	p.log.InfoContext(ctx, "knowledge published", "version", version)
	return p.last, nil
}

func (p *publisher) publish(ctx context.Context) (version string, problems []knowledge.Problem, err error) {
	base, problems, err := knowledge.Load(p.fsys, knowledge.DateOf(p.now()))
	if errors.Is(err, knowledge.ErrEmpty) {
		return "", nil, errors.New("thư mục kho tri thức không có bài nào; các bài phải nằm ở articles/<chủ-đề>/<mã-bài>.md")
	}
	if err != nil {
		return "", nil, fmt.Errorf("load knowledge: %w", err)
	}
	if base == nil {
		return "", problems, ErrBrokenKnowledge
	}
	// The lanes learn while the index is built; both must be ready to go live.
	prepared := make(chan error, 1)
	go func() { prepared <- p.prepare(base) }()
	version, err = p.index.Publish(ctx, base, func(context.Context, *index.Version) error {
		if err := <-prepared; err != nil {
			return fmt.Errorf("prepare knowledge: %w", err)
		}
		return nil
	})
	return version, problems, err
}

// Last returns the outcome of the last publication.
func (p *publisher) Last() console.Publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}
