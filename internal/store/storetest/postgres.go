package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Postgres is a throw-away PostgreSQL server on this machine. It ends with the
// process that started it, however that ends.
type Postgres struct {
	port  string
	admin *sql.DB
	life  io.Closer // the server ends when it is closed, at the latest with this process
	next  atomic.Int64
}

// ErrNoPostgres is returned where PostgreSQL is not installed.
var ErrNoPostgres = errors.New("no postgres and initdb on this machine; \"make tools\" installs them")

// postgresPassword is asked for, like in an office.
const postgresPassword = "mat-khau-kin" //nolint:gosec // of a server that lives for seconds

// Every crash of this server is the end of the test, so nothing need be durable.
const serve = `cd "$1" && shift && { "$@" >log 2>&1 </dev/null & server=$!; read -r over; kill -INT $server; wait $server; rm -rf "$PWD"; }`

// StartPostgres starts a server, as somebody else when the test runs as root,
// whom PostgreSQL does not serve.
func StartPostgres(ctx context.Context) (*Postgres, error) {
	initdb, server, err := findPostgres()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgres-*")
	if err != nil {
		return nil, err
	}
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		const nobody = 65534
		as.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			return nil, err
		}
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(postgresPassword+"\n"), 0o644); err != nil { //nolint:gosec // of nothing
		return nil, err
	}
	create := exec.CommandContext(ctx, initdb, "-D", filepath.Join(dir, "data"), "-U", "trolyao", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--locale", "C", "--no-sync") //nolint:gosec // what findPostgres found
	create.Dir, create.SysProcAttr = dir, as
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	shell := exec.Command("sh", "-c", serve, "sh", dir, server, "-D", "data", "-p", port, //nolint:gosec,noctx // what findPostgres found; it ends when this process does
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "shared_buffers=32MB", "-c", "max_connections=200", "-c", "dynamic_shared_memory_type=mmap")
	shell.SysProcAttr = as
	life, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, err
	}
	p := &Postgres{port: port, life: life}
	if p.admin, err = sql.Open("pgx", p.address("postgres")); err != nil {
		return nil, err
	}
	p.admin.SetMaxOpenConns(1)
	if err := p.wait(ctx, filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	return p, nil
}

// findPostgres looks on the path, and where Debian puts what is not on it.
func findPostgres() (initdb, server string, err error) {
	found := func(name string) string {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is good
		if len(all) == 0 {
			return ""
		}
		return all[len(all)-1]
	}
	if initdb, server = found("initdb"), found("postgres"); initdb == "" || server == "" {
		return "", "", ErrNoPostgres
	}
	return initdb, server, nil
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (p *Postgres) wait(ctx context.Context, log string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := p.admin.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			said, _ := os.ReadFile(log)
			return fmt.Errorf("postgres: %w\n%s", err, said)
		}
	}
}

func (p *Postgres) address(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword("trolyao", postgresPassword), Host: net.JoinHostPort("127.0.0.1", p.port), Path: database}).String()
}

// Durable makes commits wait for the disk, like those of a real server: for
// measuring.
func (p *Postgres) Durable(tb testing.TB) {
	tb.Helper()
	for _, s := range []string{"ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on", "SELECT pg_reload_conf()"} {
		if _, err := p.admin.ExecContext(tb.Context(), s); err != nil {
			tb.Fatal(err)
		}
	}
}

// Database makes a database and returns its address. It goes when the test ends.
func (p *Postgres) Database(tb testing.TB) string {
	tb.Helper()
	name := "t" + strconv.FormatInt(p.next.Add(1), 10)
	if _, err := p.admin.ExecContext(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if _, err := p.admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	return p.address(name)
}

// column reads a column of texts.
func column(ctx context.Context, db *sql.DB, query string) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// Has reports whether a text stands anywhere in a database, also as bytes.
func (p *Postgres) Has(tb testing.TB, address, text string) bool {
	tb.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables, err := column(tb.Context(), db, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	if err != nil || len(tables) == 0 {
		tb.Fatal(err, tables)
	}
	for _, table := range tables {
		rows, err := column(tb.Context(), db, "SELECT x::text FROM "+table+" x")
		if err != nil {
			tb.Fatal(err)
		}
		for _, row := range rows {
			if strings.Contains(row, text) || strings.Contains(row, fmt.Sprintf("%x", text)) {
				return true
			}
		}
	}
	return false
}
