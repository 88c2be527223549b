package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// player is a recording as a source of scenes that can be moved in time. It reads the
// file once to know what is where, and again from the beginning to go back.
type player struct {
	ctx     context.Context
	open    func() (*playback, error)
	header  *events.Header
	damage  error
	covered picture.Coverage
	marks   []mark // one for each event
	reel    []scene.Mark
	first   int // the first event that is no snapshot
	fresh   func() *scene.Stage

	mu      sync.Mutex
	from    *playback
	model   *tree.Model
	stage   *scene.Stage
	at      int // how many events are told
	nowNS   uint64
	playing bool
	speed   float64
	clock   time.Time // when nowNS was that
	moved   bool      // the last scene shows something else
	filter  *scene.Filter
}

// mark is what must be known of an event to go there.
type mark struct {
	ns   uint64 // never less than that of the event before
	seq  uint64
	what scene.Mark
}

// reelParts is in how many parts the scrubber tells what happens.
const reelParts = 512

func newPlayer(ctx context.Context, open func() (*playback, error)) (*player, error) {
	p := &player{ctx: ctx, open: open, speed: 1}
	from, err := open()
	if err != nil {
		return nil, err
	}
	p.header = from.reader.Header()
	p.covered = picture.Covered(p.header)
	last, begun := p.header.StartNS, false
	for {
		ev, err := from.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, from.file.Close())
		}
		if len(p.marks) == 0 {
			p.covered.Begin(ev)
		}
		what := scene.MarkOf(ev)
		if last = max(last, ev.BootNS); what == 0 && !begun {
			last = p.header.StartNS // a snapshot is of when it began
			p.first = len(p.marks) + 1
		}
		begun = begun || what != 0
		p.marks = append(p.marks, mark{last, ev.Seq, what})
	}
	p.damage = from.damage
	p.reel = make([]scene.Mark, reelParts)
	for _, m := range p.marks {
		p.reel[int(uint64(reelParts-1)*(m.ns-p.fromNS())/max(1, p.toNS()-p.fromNS()))] |= m.what
	}
	return p, from.file.Close()
}

func (p *player) fromNS() uint64 { return p.header.StartNS }

func (p *player) toNS() uint64 {
	if len(p.marks) == 0 {
		return p.header.StartNS
	}
	return p.marks[len(p.marks)-1].ns
}

// past says of a moment that it is after the last event, and where that is; it is empty
// of any other.
func (p *player) past(to moment) string {
	if len(p.marks) == 0 || !to.given {
		return ""
	}
	last := p.marks[len(p.marks)-1]
	if part := newSpan(moment{}, to, p.header); to.seq > last.seq || to.seq == 0 && part.toNS > last.ns {
		ms := (last.ns - p.fromNS()) / 1e6 // the scrubber cuts them, too
		return fmt.Sprintf("--at is after the end, %d.%03ds (seq %d)", ms/1000, ms%1000, last.seq)
	}
	return ""
}

// begin goes to the moment, or to the beginning and plays.
func (p *player) begin(fresh func() *scene.Stage, to moment) {
	p.fresh = fresh
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rewind()
	if !to.given {
		p.playing, p.clock = true, time.Now()
		return
	}
	part := newSpan(moment{}, to, p.header)
	for p.at < len(p.marks) && !part.after(&events.Event{Seq: p.marks[p.at].seq, BootNS: p.marks[p.at].ns}) {
		p.tell()
	}
	p.nowNS = max(p.nowNS, min(part.toNS, p.toNS()))
}

// rewind goes to where all that was there before is known, and nothing has happened.
func (p *player) rewind() {
	_ = p.close()
	p.model = tree.New(tree.Options{Keep: keptForTree})
	p.stage = p.fresh()
	p.at, p.nowNS, p.moved = 0, p.fromNS(), true
	if p.from, _ = p.open(); p.from == nil {
		return // the file is gone: nothing is there any more
	}
	if p.from.bar != nil {
		p.from.bar.Hide() // the screen is the view's now
	}
	for p.at < p.first {
		p.tell()
	}
	p.nowNS = p.fromNS()
}

// tell folds the next event.
func (p *player) tell() {
	at := p.at
	p.at++
	p.moved = true
	p.nowNS = max(p.nowNS, p.marks[at].ns)
	if p.from == nil {
		return
	}
	ev, err := p.from.Next(p.ctx)
	if err != nil {
		return // the file has become shorter
	}
	p.model.Recall(ev)
	_ = p.stage.Put(ev) // it takes all
}

// goTo goes to a time, which is before now or after it.
func (p *player) goTo(ns uint64) {
	ns = min(max(ns, p.fromNS()), p.toNS())
	if ns < p.nowNS {
		p.rewind()
	}
	for p.at < len(p.marks) && p.marks[p.at].ns <= ns {
		p.tell()
	}
	p.nowNS, p.clock, p.moved = ns, time.Now(), true
}

func (p *player) close() error {
	if p.from == nil {
		return nil
	}
	from := p.from
	p.from = nil
	return from.file.Close()
}

// Look implements tui.Source: while it plays the time of the recording goes on.
func (p *player) Look(f *scene.Filter) *scene.Scene {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.playing {
		p.goTo(p.nowNS + uint64(float64(time.Since(p.clock))*p.speed))
		p.playing = p.at < len(p.marks) || p.nowNS < p.toNS()
	}
	if !p.moved && f == p.filter {
		return nil
	}
	p.moved, p.filter = false, f
	sc, err := p.stage.Look(p.see, p.nowNS, f)
	if err != nil {
		return nil
	}
	sc.Reel = &scene.Reel{
		FromNS: p.fromNS(), ToNS: p.toNS(), AtNS: p.nowNS, At: p.at, Total: len(p.marks),
		Playing: p.playing, Speed: p.speed, Marks: p.reel,
	}
	return sc
}

func (p *player) see(do func(*tree.Model) error) error { return do(p.model) }
