package app

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/index"
)

// metrics count what happens, never what is said.
type metrics struct {
	registry *prometheus.Registry
	turns    *prometheus.CounterVec
	seconds  prometheus.Histogram
	messages *prometheus.CounterVec
	dropped  *prometheus.CounterVec
}

func newMetrics(idx *index.Index) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "trolyao_turns_total", Help: "Turns answered, by channel and outcome; outcome error was not answered.",
		}, []string{"channel", "outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "trolyao_turn_seconds", Help: "Time to answer one turn, commit included.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .025, .05, .1, .5, 1.5},
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "trolyao_messages_total", Help: "Replies sent by messenger, by channel and result of the attempt.",
		}, []string{"channel", "result"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "trolyao_webhook_dropped_total", Help: "Requests to a webhook that were forged, too large or unreadable.",
		}, []string{"channel"}),
	}
	m.registry.MustRegister(
		m.turns, m.seconds, m.messages, m.dropped, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "trolyao_articles", Help: "Articles in the live knowledge version; 0 when none is served.",
		}, func() float64 { return float64(articles(idx)) }),
	)
	return m
}

// desk counts what becomes of a messenger's replies.
func (m *metrics) desk(channel string) messenger.Config {
	return messenger.Config{Count: func(result string) { m.messages.WithLabelValues(channel, result).Inc() }}
}

// forged counts requests that a messenger did not send.
func (m *metrics) forged(channel string) func() {
	return m.dropped.WithLabelValues(channel).Inc
}

func articles(idx *index.Index) int {
	v, err := idx.Acquire()
	if err != nil {
		return 0
	}
	defer v.Release()
	return len(v.Base().Articles)
}

// measured counts the turns that pass through a handler.
type measured struct {
	bot.Handler
	metrics *metrics
}

// Handle implements bot.Handler.
func (m measured) Handle(ctx context.Context, t bot.Turn) (bot.Reply, error) {
	start := time.Now()
	reply, err := m.Handler.Handle(ctx, t)
	outcome := string(reply.Outcome)
	if err != nil {
		outcome = "error"
	}
	channel, _, _ := strings.Cut(string(t.Conversation), ":")
	m.metrics.turns.WithLabelValues(channel, outcome).Inc()
	m.metrics.seconds.Observe(time.Since(start).Seconds())
	return reply, err
}
