// Package doctor finds out why an assistant stays silent: it looks at the data
// folder, the secrets, the clock, the knowledge and every network that is set,
// and says what is wrong and what to do about it. It mends nothing; whoever opens
// the database for it brings one of an older program to the newest form.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/zalo"
	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
)

// Level says how bad a finding is.
type Level int

// The levels.
const (
	Good Level = iota
	Warning
	Bad
)

// String is the level as admins read it.
func (l Level) String() string { return [...]string{"ĐƯỢC", "CHÚ Ý", "HỎNG"}[l] }

// Finding is one thing that was looked at.
type Finding struct {
	Level Level
	What  string // what was looked at
	Found string
	Do    string // what to do, "" for good ones
}

// Write prints a finding.
func (f Finding) Write(w io.Writer) {
	fmt.Fprintf(w, "[%s] %s: %s\n", f.Level, f.What, f.Found)
	if f.Do != "" {
		fmt.Fprintf(w, "        → %s\n", f.Do)
	}
}

// Doctor looks at one installation.
type Doctor struct {
	Config    configs.Config
	Knowledge fs.FS
	// Store and Tokens are nil where there is no database yet, or no Zalo.
	Store  *store.DB
	Tokens *zalo.Tokens
	// Trouble is why there is no store although there is a database.
	Trouble error
	// Credentials is the folder in which systemd hands secrets to services; it
	// lets nobody else in.
	Credentials string
	Now         func() time.Time

	client   *http.Client // for others, whose clocks are compared with ours
	findings []Finding
	clock    bool // it has been compared
}

const within = 10 * time.Second

// Examine looks at everything and returns what it found, in the order in which
// to mend it.
func (d *Doctor) Examine(ctx context.Context) []Finding {
	d.client = messenger.NewClient(within)
	d.client.Transport = watched{http.DefaultTransport, d}
	d.folder()
	d.secrets()
	d.articles()
	d.server(ctx)
	d.telegram(ctx)
	d.zalo(ctx)
	d.zaloBot(ctx)
	d.agency(ctx)
	if !d.clock {
		d.warn("Đồng hồ", "chưa so được với máy nào ngoài mạng", "xem máy có nối mạng không; bật tự chỉnh giờ (timedatectl set-ntp true)")
	}
	return d.findings
}

func (d *Doctor) good(what, format string, args ...any) {
	d.findings = append(d.findings, Finding{Good, what, fmt.Sprintf(format, args...), ""})
}

func (d *Doctor) warn(what, found, do string) {
	d.findings = append(d.findings, Finding{Warning, what, found, do})
}

func (d *Doctor) bad(what, found, do string) {
	d.findings = append(d.findings, Finding{Bad, what, found, do})
}

// watched compares our clock with that of the first server that answers.
type watched struct {
	http.RoundTripper
	d *Doctor
}

// RoundTrip implements http.RoundTripper.
func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		w.d.compare(res.Header.Get("Date"))
	}
	return res, err
}

// Servers and we may differ by this much: requests signed with a time are
// refused from about five minutes on, and what people say of "tối qua" from
// less.
const maxSkew = 30 * time.Second

func (d *Doctor) compare(date string) {
	theirs, err := http.ParseTime(date)
	if err != nil || d.clock {
		return
	}
	d.clock = true
	skew := d.Now().Sub(theirs).Round(time.Second)
	if skew.Abs() > maxSkew {
		d.bad("Đồng hồ", fmt.Sprintf("lệch %v so với máy ngoài mạng", skew), "bật tự chỉnh giờ: timedatectl set-ntp true, rồi khởi động lại trolyao")
		return
	}
	d.good("Đồng hồ", "khớp với máy ngoài mạng (lệch %v)", skew)
}

// lowSpace is how much room, in bytes, there should be for a new index version,
// the database and its log.
const lowSpace = 500 << 20

func (d *Doctor) folder() {
	const what = "Thư mục dữ liệu"
	folder := d.Config.Data
	if d.Trouble != nil {
		d.bad(what, d.Trouble.Error(), "xem mục \"Khôi phục\" trong docs/runbook.md")
		return
	}
	if d.Store == nil {
		d.warn(what, folder+" chưa có cơ sở dữ liệu", "chạy trolyao serve một lần để tạo")
		return
	}
	f, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		d.bad(what, folder+" không ghi được", "cấp quyền ghi cho người dùng chạy trolyao, hoặc gắn lại ổ đĩa ở chế độ ghi")
		return
	}
	_ = errors.Join(f.Close(), os.Remove(f.Name()))
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err == nil {
		free := disk.Bavail * uint64(disk.Bsize) //nolint:gosec // a block size is positive
		if free < lowSpace {
			d.bad(what, fmt.Sprintf("%s chỉ còn trống %d MB", folder, free>>20), "dọn đĩa: hết chỗ thì trợ lý ngừng nhận tin, vì không hứa giữ được gì")
			return
		}
		d.good(what, "%s ghi được, còn trống %d GB", folder, free>>30)
		return
	}
	d.good(what, "%s ghi được", folder)
}

// secrets looks at whether others can read the secret files.
func (d *Doctor) secrets() {
	files := d.Config.SecretFiles()
	files["zalo.refresh_token_file"] = d.Config.Zalo.RefreshTokenFile // no setting needs it once it was used
	for _, name := range []string{store.KeyFile, handoff.KeyFile} {
		if file := filepath.Join(d.Config.Data, name); d.Store != nil {
			files[name] = file
		}
	}
	open := 0
	for key, file := range files {
		info, err := os.Stat(file)
		if file == "" || err != nil || d.handed(file) {
			continue
		}
		if info.Mode().Perm()&0o077 != 0 {
			open++
			d.warn("Tệp bí mật", fmt.Sprintf("%s (%s): người khác trên máy đọc được", key, file), "chmod 600 "+file)
		}
	}
	if open == 0 {
		d.good("Tệp bí mật", "chỉ chủ tệp đọc được")
	}
}

// handed reports whether systemd keeps a secret file: its mode shows whom an
// access list lets in, the service's user, as a right of the group.
func (d *Doctor) handed(file string) bool {
	rel, err := filepath.Rel(d.Credentials, file)
	return d.Credentials != "" && err == nil && filepath.IsLocal(rel)
}

func (d *Doctor) articles() {
	base, problems, err := knowledge.Load(d.Knowledge, knowledge.DateOf(d.Now()))
	switch {
	case err != nil:
		d.bad("Kho tri thức", err.Error(), "xem knowledge.dir trong cấu hình")
	case knowledge.HasErrors(problems):
		d.bad("Kho tri thức", fmt.Sprintf("%d lỗi", errorsIn(problems)), "chạy trolyao check để xem từng dòng; bản cũ vẫn đang trả lời")
	default:
		d.good("Kho tri thức", "%d bài đọc được", len(base.Articles))
	}
}

// errorsIn counts what keeps knowledge from going live; warnings do not.
func errorsIn(problems []knowledge.Problem) (n int) {
	for _, p := range problems {
		if p.Severity == knowledge.Error {
			n++
		}
	}
	return n
}

func (d *Doctor) server(ctx context.Context) {
	const what = "Máy chủ trolyao"
	_, err := publish.ReadControl(d.Config.Data)
	if errors.Is(err, publish.ErrNoServer) {
		d.warn(what, "không chạy", "trolyao serve, hoặc systemctl start trolyao")
		return
	}
	listen := d.listen()
	res, err := get(ctx, messenger.NewClient(within), "http://"+listen+"/readyz")
	switch {
	case err != nil:
		d.bad(what, "không trả lời ở "+listen, "xem nhật ký (journalctl -u trolyao), rồi khởi động lại")
	case res != http.StatusOK:
		d.bad(what, "đang chạy mà chưa sẵn sàng", "xem nhật ký: thường do đĩa đầy hoặc kho tri thức hỏng")
	default:
		d.good(what, "sẵn sàng ở %s", listen)
	}
}

// listen is where our own server is reached from this machine. Its clock is ours
// and proves nothing, so it is not asked by the client that compares them.
func (d *Doctor) listen() string {
	if strings.HasPrefix(d.Config.Listen, ":") {
		return "localhost" + d.Config.Listen
	}
	return d.Config.Listen
}

// get returns the status of a GET.
func get(ctx context.Context, client *http.Client, address string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, errors.New("bad address")
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, messenger.HideAddress(err)
	}
	return res.StatusCode, res.Body.Close()
}

// reached says what a receiver tells that is only looked at: reports are posted.
func reached(status int) string {
	return fmt.Sprintf("nối được; hỏi thử thì máy nhận trả lời HTTP %d, có nhận đơn hay không thì một đơn thật mới biết", status)
}

func (d *Doctor) agency(ctx context.Context) {
	const what = "Nơi nhận đơn tố giác"
	if d.Config.Handoff.Endpoint == "" {
		d.warn(what, "chưa đặt; đơn được giữ kín, chưa ai ở cơ quan công an nhận được", "đặt handoff.endpoint, handoff.secret_file, handoff.recipient")
		return
	}
	unmoved := *d.client // reports go where they are sent and nowhere else
	unmoved.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, err := get(ctx, &unmoved, d.Config.Handoff.Endpoint)
	switch {
	case err != nil:
		d.bad(what, "không nối được: "+err.Error(), "xem đường mạng, tường lửa, chứng thư của máy nhận; đơn vẫn được giữ và tự gửi lại")
	case status >= http.StatusInternalServerError:
		d.warn(what, fmt.Sprintf("máy nhận đang lỗi (HTTP %d)", status), "báo cơ quan tiếp nhận; đơn vẫn được giữ và tự gửi lại")
	case status == http.StatusGone, status/100 == 3:
		d.bad(what, fmt.Sprintf("máy nhận không có đường dẫn ghi ở handoff.endpoint (HTTP %d)", status), "hỏi cơ quan tiếp nhận địa chỉ đúng, sửa handoff.endpoint, khởi động lại trolyao")
	case status == http.StatusNotFound: // from a wrong path, or from who takes only POST
		d.warn(what, reached(status), "hỏi cơ quan tiếp nhận xem handoff.endpoint đã đúng chưa; đúng rồi thì bỏ qua dòng này")
	case status == http.StatusMethodNotAllowed:
		d.good(what, "%s", reached(status))
	default:
		d.good(what, "nối được (HTTP %d)", status)
	}
	if d.Config.Handoff.Recipient == "" {
		d.warn(what, "chưa có khoá niêm phong của cơ quan; máy này và máy trung gian trên đường đọc được đơn", "xin khoá công khai (age1…) của cơ quan, đặt handoff.recipient")
	}
	if d.Store == nil {
		return
	}
	if out, err := d.Store.Outbox(ctx); err == nil && out.Stuck > 0 {
		d.bad(what, fmt.Sprintf("%d đơn bị từ chối", out.Stuck), "trolyao reports list --state ket để xem vì sao, sửa, rồi trolyao reports retry --all")
	}
}
