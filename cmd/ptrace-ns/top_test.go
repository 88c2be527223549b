package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestTopUsage(t *testing.T) {
	onTTY := func(a *app) { a.outTTY = true }
	for args, want := range map[string]string{
		"top x":                               "unexpected",
		"top":                                 "standard output is none",
		"top --at 3":                          "--at needs -r FILE",
		"top -r -":                            "standard input",
		"top --group pods":                    "there are tree, pidns and container",
		"top --color sometimes":               "auto, always and never",
		"top --buffer 5000":                   "not a power of two",
		"top -F nonsense":                     "unknown name nonsense",
		"top -F ":                             "given and empty",
		"watch --tui -e exec":                 "--events does not go with --tui",
		"watch --tui --tree":                  "--tree does not go with --tui",
		"watch --tui -- true":                 "standard output is none",
		"watch --tui -c web -p 1 --follow":    "standard output is none",
		"top -- true":                         "standard output is none",
		"top --":                              "command missing",
		"top --scope all":                     "--scope needs -- CMD",
		"top -p 1 -- true":                    "-p does not go with -- CMD",
		"top -r x -c web":                     "--container does not go with -r",
		"top -r x --user 65534":               "--user does not go with -r",
		"top -r x -w y":                       "--write does not go with -r",
		"top -r x -- true":                    "-- CMD does not go with -r",
		"top --force":                         "--force needs -w FILE",
		"watch --tui --max-events 3":          "--max-events does not go with --tui",
		"watch --tui -F nonsense":             "unknown name nonsense",
		"watch --tui --color never":           "standard output is none",
		"top -r /nowhere/x --group container": "standard output is none",
	} {
		change := onTTY
		if strings.Contains(want, "standard output") {
			change = nil
		}
		if r := (&fake{}).execute(t, change, strings.Split(args, " ")...); r.code != exitUsage || !strings.Contains(r.err.Error(), want) {
			t.Errorf("%s: %d, %v", args, r.code, r.err)
		}
	}
}

// played opens a player over a recording of what the fake tells.
func played(t *testing.T, all []*events.Event, at string) *player {
	t.Helper()
	path := recorded(t, all)
	a := &app{in: os.Stdin}
	p, err := newPlayer(t.Context(), func() (*playback, error) { return a.openRecording(t.Context(), path, false) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	m, err := parseMoment("at", at)
	if err != nil {
		t.Fatal(err)
	}
	p.begin(func() *scene.Stage { return scene.NewStage(scene.Options{Zone: time.UTC, FadeNS: uint64(fade)}) }, m)
	return p
}

// at tells where a player is and whom it shows.
func at(t *testing.T, p *player) string {
	t.Helper()
	p.moved = true
	sc := p.Look(nil)
	if sc == nil {
		t.Fatal("no scene")
	}
	text := fmt.Sprintf("%d/%d %dms:", sc.Reel.At, sc.Reel.Total, sc.NowNS/1e6)
	for i := range sc.Rows {
		text += fmt.Sprintf(" %d %s", sc.Rows[i].Key.PID, sc.Rows[i].State)
	}
	return text
}

// TestPlayerGoesAnywhere: wherever it is, it shows what it shows when it comes there from
// the beginning.
func TestPlayerGoesAnywhere(t *testing.T) {
	all := family()
	straight := played(t, all, "0s")
	was := map[int]string{}
	for {
		was[straight.at] = at(t, straight)
		if straight.at == len(straight.marks) {
			break
		}
		straight.Step(scene.AnyEvent)
	}
	if len(was) < len(all)-4 {
		t.Fatalf("%d of %d events are stepped to", len(was), len(all))
	}
	p := played(t, all, "0s")
	for _, part := range []float64{1, -0.3, -0.3, 0.2, -1, 0.5, 0.5, 0.5, -0.05} {
		p.Seek(part)
		there := at(t, p)
		if _, rows, _ := strings.Cut(there, ":"); !strings.HasSuffix(was[p.at], rows) {
			t.Errorf("by %g: %s, and from the beginning %s", part, there, was[p.at])
		}
	}
	p.Rewind()
	if got := at(t, p); got != was[straight.first] {
		t.Errorf("at the beginning again: %s, and then %s", got, was[straight.first])
	}
}

func TestPlayerSteps(t *testing.T) {
	p := played(t, family(), "0s")
	kinds := func(to scene.Mark) (n int) {
		p.Rewind()
		for p.at < len(p.marks) {
			if p.Step(to); p.marks[p.at-1].what&to != 0 {
				n++
			}
		}
		return n
	}
	want := map[scene.Mark]int{}
	for _, m := range p.marks {
		for _, what := range []scene.Mark{scene.Death, scene.Reparenting} {
			if m.what&what != 0 {
				want[what]++
			}
		}
	}
	for what, n := range want {
		if got := kinds(what); got != n || n == 0 {
			t.Errorf("%d steps of kind %d, want %d", got, what, n)
		}
	}
	if p.Look(nil).Reel.Playing {
		t.Error("a step does not pause")
	}
}

// TestPlayerPlays by its own clock, to the end and then anew.
func TestPlayerPlays(t *testing.T) {
	p := played(t, family(), "0s")
	p.Faster(2)
	p.Play(true)
	p.clock = time.Now().Add(-4 * time.Millisecond) // 8 ms of the recording
	if sc := p.Look(nil); sc.Reel.At < 7 || !sc.Reel.Playing || sc.Reel.Speed != 2 {
		t.Errorf("after 4 ms: %+v", sc.Reel)
	}
	p.clock = time.Now().Add(-time.Hour)
	if sc := p.Look(nil); sc.Reel.At != sc.Reel.Total || sc.Reel.Playing {
		t.Errorf("at the end: %+v", sc.Reel)
	}
	if p.Look(nil) != nil {
		t.Error("what does not change is drawn again")
	}
	p.Play(true)
	p.clock = time.Now().Add(time.Hour)
	if p.at > p.first {
		t.Errorf("it does not begin anew: %d", p.at)
	}
}

// TestPlayerTellsPast: a moment after the last event is one of which nothing is known.
func TestPlayerTellsPast(t *testing.T) {
	p := played(t, family(), "0s")
	last := p.marks[len(p.marks)-1]
	for _, c := range []struct {
		to   moment
		past bool
	}{
		{moment{}, false},
		{moment{given: true}, false},
		{moment{given: true, seq: last.seq}, false},
		{moment{given: true, seq: last.seq + 1}, true},
		{moment{given: true, since: time.Duration(last.ns - p.fromNS())}, false},
		{moment{given: true, since: time.Duration(last.ns-p.fromNS()) + 1}, true},
	} {
		if got := p.past(c.to); (got != "") != c.past {
			t.Errorf("%+v: %q", c.to, got)
		}
	}
}

func TestPlayerBeginsAt(t *testing.T) {
	// The end of the snapshot has number 4 and is in no stream.
	for moment, want := range map[string]int{"7": 6, "0s": 3, "1h": 36} {
		p := played(t, family(), moment)
		if p.at != min(want, len(p.marks)) || p.playing {
			t.Errorf("--at %s is event %d of %d", moment, p.at, len(p.marks))
		}
	}
}

// TestPlayerRewindsAndPlays: from the end, to the beginning and on; a recording that
// plays goes on playing when it is rewound.
func TestPlayerRewindsAndPlays(t *testing.T) {
	p := played(t, family(), "1h")
	p.Rewind()
	if sc := p.Look(nil); sc == nil || sc.Reel.At != p.first || sc.Reel.Playing {
		t.Fatalf("rewound: %+v", sc)
	}
	p.Play(true)
	p.clock = time.Now().Add(-8 * time.Millisecond)
	if sc := p.Look(nil); sc == nil || sc.Reel.At <= p.first || !sc.Reel.Playing {
		t.Fatalf("played from there: %+v", sc)
	}
	p.Rewind()
	if sc := p.Look(nil); sc == nil || sc.Reel.At > p.first+4 || !sc.Reel.Playing {
		t.Errorf("rewound while it plays: %+v", sc)
	}
}

// TestTopIdentity: counts that do not hold are the end of top, too, also where the file failed.
func TestTopIdentity(t *testing.T) {
	c := &choice{watch: &watch{}}
	failed := &eventFile{err: errors.New("no space")}
	for _, file := range []*eventFile{nil, failed} {
		if err := c.outcome(summary{BirthsNewtask: 2, BirthsFork: 1}, file); exitCode(err) != exitIdentity || !strings.Contains(message(err), "2 births") {
			t.Errorf("counts that do not hold: %v", err)
		}
	}
	if err := c.outcome(summary{}, failed); exitCode(err) != exitFailed {
		t.Errorf("a failed file: %v", err)
	}
	if err := c.outcome(summary{}, nil); err != nil {
		t.Error(err)
	}
}
