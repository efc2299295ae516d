package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/telegram/telegramtest"
)

var hostileRequests = flag.Int("hostile", 1500, "bad requests in TestHostileRequests")

// slowConnections is how many connections send a byte now and then.
const slowConnections = 200

// attack is one kind of bad request.
type attack struct {
	path, header, secret string
	body                 []byte
}

// attacks are the kinds of request that a webhook must not take. good is a
// signed event of Zalo that was delivered before.
func attacks(n *networks, good []byte) []attack {
	const zalo, telegram, zalobot = "/webhook/zalo", "/webhook/telegram", "/webhook/zalobot"
	event := fmt.Appendf(nil, `{"app_id":%q,"event_name":"user_send_text","sender":{"id":"66666"},"recipient":{"id":%q},"message":{"msg_id":"giả","text":"GIẢ MẠO"},"timestamp":"1795460098330"}`, n.oa.Options().AppID, n.oa.Options().OAID)
	hash := hmac.New(sha256.New, []byte(n.oa.Options().OASecret))
	_, _ = hash.Write(event)
	signed := n.oa.Sign(event)
	update := []byte(`{"update_id":66666,"message":{"message_id":1,"date":1,"chat":{"id":66666,"type":"private"},"from":{"id":66666,"is_bot":false,"first_name":"A"},"text":"GIẢ MẠO"}}`)
	botUpdate := []byte(`{"event_name":"message.text.received","message":{"message_id":"m1","from":{"id":"66666"},"chat":{"id":"66666","chat_type":"PRIVATE"},"date":1,"text":"GIẢ MẠO"}}`)
	huge := bytes.Repeat([]byte("x"), 3<<20)
	return []attack{
		{zalo, "X-ZEvent-Signature", "", event},
		{zalo, "X-ZEvent-Signature", "mac=" + strings.Repeat("0", 64), event},
		{zalo, "X-ZEvent-Signature", "mac=" + hex.EncodeToString(hash.Sum(nil)), event},
		{zalo, "X-ZEvent-Signature", signed, bytes.Replace(event, []byte("GIẢ MẠO"), []byte("GIẢ MẠO!"), 1)},
		{zalo, "X-ZEvent-Signature", signed, event[:len(event)-1]},
		{zalo, "X-ZEvent-Signature", signed, huge},
		{zalo, "X-ZEvent-Signature", n.oa.Sign(good), good}, // delivered again
		{telegram, "X-Telegram-Bot-Api-Secret-Token", "", update},
		{telegram, "X-Telegram-Bot-Api-Secret-Token", telegramToken, update},
		{telegram, "X-Telegram-Bot-Api-Secret-Token", "", huge},
		{zalobot, "X-Bot-Api-Secret-Token", "mot-bi-mat", botUpdate},
		{zalobot, "X-Bot-Api-Secret-Token", zaloBotSecret, []byte(`{"event_name":7}`)},
		{zalobot, "X-Bot-Api-Secret-Token", zaloBotSecret, bytes.Repeat([]byte("["), 100_000)},
	}
}

// TestHostileRequests floods the webhooks with requests that the networks did
// not send, and with connections that send a byte now and then, while people
// write. None of it may reach the assistant, its memory stays bounded, and the
// people are answered within two seconds. The full run: make hostile.
func TestHostileRequests(t *testing.T) {
	withoutRace(t)
	a := newAgency(t)
	n := newNetworks(t, "webhook")
	s := newServerWith(t, a, n.settings, n.files)
	n.oa.SetWebhook(s.url + "/webhook/zalo")
	s.start()
	s.waitReady(t.Context())
	first := &onZalo{t: t, z: n.oa, user: "8309393969855402319"}
	first.say("xin chào")
	good := fmt.Appendf(nil, `{"app_id":%q,"event_name":"user_send_text","sender":{"id":"8309393969855402319"},"recipient":{"id":%q},"message":{"msg_id":"lap-lai","text":"xin chào"},"timestamp":"1795460098330"}`, n.oa.Options().AppID, n.oa.Options().OAID)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lorises := slowly(ctx, t, strings.TrimPrefix(s.url, "http://"), slowConnections)
	var wg sync.WaitGroup
	kinds := attacks(n, good)
	jobs := make(chan attack)
	var answers sync.Map // by status
	for range 16 {
		wg.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
			defer client.CloseIdleConnections()
			for job := range jobs {
				count, _ := answers.LoadOrStore(job.post(ctx, client, s.url), new(atomic.Int64))
				count.(*atomic.Int64).Add(1)
			}
		})
	}
	latencies := make(chan []time.Duration, 1)
	stopped := make(chan struct{})
	go func() { latencies <- goodPeople(t, n.telegram, stopped) }()
	for i := range *hostileRequests {
		jobs <- kinds[i%len(kinds)]
	}
	close(jobs)
	wg.Wait()
	close(stopped)
	waits := <-latencies
	peak := peakMemory(t, s.cmd.Process.Pid)
	metrics := s.metrics(t.Context())
	for end := time.Now().Add(patience); lorises() < slowConnections; {
		if time.Now().After(end) {
			t.Fatalf("only %d of %d slow connections were cut", lorises(), slowConnections)
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // another process cuts them
	}
	s.stop()

	if worst := slices.Max(waits); worst > 2*time.Second {
		t.Errorf("a person waited %v", worst)
	}
	// One turn for the first greeting, one for what was delivered again and again.
	for channel, want := range map[string]int{"zalo": 2, "zalobot": 0, "telegram": len(waits)} {
		if got := turns(metrics, channel); got != want {
			t.Errorf("%s: %d turns, want %d", channel, got, want)
		}
	}
	if strings.Contains(s.log.String(), "GIẢ") {
		t.Error("a forged text stands in the log")
	}
	if peak > 512<<20 {
		t.Errorf("memory grew to %d MB", peak>>20)
	}
	var counts []string
	answers.Range(func(status, n any) bool {
		counts = append(counts, fmt.Sprintf("%v: %d", status, n.(*atomic.Int64).Load()))
		return true
	})
	slices.Sort(counts)
	slices.Sort(waits)
	t.Logf("%d bad requests (HTTP status %s), %d slow connections, all cut; %d people answered meanwhile, slowest %v, median %v; memory at most %d MB",
		*hostileRequests, strings.Join(counts, ", "), slowConnections, len(waits), waits[len(waits)-1].Round(time.Millisecond), waits[len(waits)/2].Round(time.Millisecond), peak>>20)
}

// post sends the request and returns the status, 0 when the server cut it off.
func (a attack) post(ctx context.Context, client *http.Client, url string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+a.path, bytes.NewReader(a.body))
	if err != nil {
		return 0
	}
	req.Header.Set(a.header, a.secret)
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// goodPeople write one after another until stopped, and returns how long each
// waited.
func goodPeople(t *testing.T, s *telegramtest.Server, stopped <-chan struct{}) (waits []time.Duration) {
	t.Helper()
	for i := int64(0); ; i++ {
		select {
		case <-stopped:
			if len(waits) > 0 {
				return waits
			}
		default:
		}
		start := time.Now()
		s.Say(900000+i, "mất căn cước làm lại ở đâu")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if _, err := s.WaitMessages(ctx, 900000+i, 1); err != nil {
			t.Error(err)
		}
		cancel()
		waits = append(waits, time.Since(start))
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // a person at a time
	}
}

// slowly opens connections that send a byte now and then, and returns a function
// that tells how many the server has cut off.
func slowly(ctx context.Context, t *testing.T, address string, n int) (cut func() int) {
	t.Helper()
	var gone atomic.Int64
	for range n {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "POST /webhook/zalo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n")
		go func() {
			defer c.Close()
			for ctx.Err() == nil {
				if _, err := io.WriteString(c, "X-A: b\r\n"); err != nil {
					gone.Add(1)
					return
				}
				select {
				case <-time.After(500 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		}()
	}
	return func() int { return int(gone.Load()) }
}

// peakMemory returns the most memory that a process has had resident, in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	return memory(t, pid, "VmHWM")
}

// memory reads a line of a process's state, in bytes.
func memory(t *testing.T, pid int, line string) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	m := regexp.MustCompile(line + `:\s+(\d+) kB`).FindSubmatch(data)
	if m == nil {
		t.Fatalf("no %s", line)
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// turns adds up the turns of a channel.
func turns(metrics, channel string) int {
	sum := 0
	for _, m := range regexp.MustCompile(`trolyao_turns_total\{channel="`+channel+`",outcome="\w+"\} (\d+)`).FindAllStringSubmatch(metrics, -1) {
		n, _ := strconv.Atoi(m[1])
		sum += n
	}
	return sum
}
