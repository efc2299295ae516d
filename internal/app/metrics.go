package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/store"
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
	m.metrics.turns.WithLabelValues(t.Channel, outcome).Inc()
	m.metrics.seconds.Observe(time.Since(start).Seconds())
	return reply, err
}

// outboxMetrics tell how the outbox stands, all from one reading. What cannot be
// read is not told: a 0 would say that all is well, just when an alarm is due.
type outboxMetrics struct {
	store   *store.DB
	log     *slog.Logger
	numbers []outboxNumber
}

type outboxNumber struct {
	desc  *prometheus.Desc
	value func(store.Outbox) float64
}

// readWithin bounds one reading.
const readWithin = time.Second

func newOutboxMetrics(db *store.DB, log *slog.Logger) outboxMetrics {
	number := func(name, help string, value func(store.Outbox) float64) outboxNumber {
		return outboxNumber{prometheus.NewDesc(name, help, nil, nil), value}
	}
	return outboxMetrics{db, log, []outboxNumber{
		number("trolyao_reports_pending", "Reports that the agency has not acknowledged yet.", func(o store.Outbox) float64 { return float64(o.Pending) }),
		number("trolyao_reports_stuck", "Reports that the agency's endpoint refuses; a person must look.", func(o store.Outbox) float64 { return float64(o.Stuck) }),
		number("trolyao_reports_delivered", "Reports acknowledged by the agency.", func(o store.Outbox) float64 { return float64(o.Delivered) }),
		number("trolyao_handoff_oldest_pending_seconds", "Age of the report that waits longest; 0 when none waits.", func(o store.Outbox) float64 {
			if o.Oldest.IsZero() {
				return 0
			}
			return time.Since(o.Oldest).Seconds()
		}),
	}}
}

// Describe implements prometheus.Collector.
func (m outboxMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, n := range m.numbers {
		out <- n.desc
	}
}

// Collect implements prometheus.Collector.
func (m outboxMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	o, err := m.store.Outbox(ctx)
	if err != nil {
		m.log.ErrorContext(ctx, "outbox not readable", "err", err)
		return
	}
	for _, n := range m.numbers {
		out <- prometheus.MustNewConstMetric(n.desc, prometheus.GaugeValue, n.value(o))
	}
}
