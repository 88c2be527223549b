package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/account"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// reportTold is a recording as a report tells it.
type reportTold struct {
	html.Told
	page   *html.Page
	damage error
}

// keptForReport is how many exited processes have their story told: those that ended
// last.
const keptForReport = 1 << 20

// readReport reads a recording to its end, once, for all that the page shows.
func (a *app) readReport(ctx context.Context, path string) (_ *reportTold, err error) {
	p, err := a.openRecording(ctx, path, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = first(err, p.file.Close()) }()
	h := p.reader.Header()
	t := &reportTold{page: html.New(h)}
	model, starts := tree.New(tree.Options{Keep: keptForReport}), phases.New()
	t.NowNS = h.StartNS
	err = p.run(ctx, p, everything{model, starts, t})
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	t.File, t.damage = filepath.Base(path), p.damage
	if path == "-" {
		t.File = "standard input"
	}
	if p.damage != nil {
		t.Damage = p.damage.Error()
	}
	t.Skipped = passedOver(p.reader.Skipped())
	if t.Skipped != "" {
		a.log.Warn().Msg("a newer program wrote this recording; passed over: " + t.Skipped)
	}
	trailer, whole := p.reader.Trailer()
	t.Whole, t.Lost = whole, trailer.Lost
	t.Lives = picture.Lives(model, t.NowNS)
	t.Namespaces = picture.NamespacesOf(model, t.NowNS, func(*tree.Process) bool { return true })
	for _, one := range starts.Timelines() {
		t.Starts = append(t.Starts, account.Of(one))
	}
	return t, nil
}

// everything is a sink of all that a report is made of.
type everything struct {
	model  *tree.Model
	starts *phases.Recorder
	told   *reportTold
}

func (e everything) Put(ev *events.Event) error {
	e.model.Recall(ev)
	e.told.NowNS = max(e.told.NowNS, ev.BootNS)
	return errors.Join(e.starts.Put(ev), e.told.page.Put(ev))
}

func (e everything) Flush() error { return nil }
