package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// The memory of images is used again: no process ever shows what another's became, and
// what is told is right while it is told.
func TestImagesUsedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, m := newKernel(true), New(Options{Keep: rapid.IntRange(1, 3).Draw(t, "keep")})
		k.maxPID = 20
		ran := map[events.ProcKey][][]string{}
		live := []*task{k.init}
		for n := range rapid.IntRange(20, 200).Draw(t, "steps") {
			who := live[rapid.IntRange(0, len(live)-1).Draw(t, "who")]
			switch op := rapid.IntRange(0, 4).Draw(t, "op"); {
			case op == 0 && len(live) < 12:
				child := k.fork(who, 0)
				if all := ran[who.key]; len(all) > 0 {
					ran[child.key] = all[len(all)-1:]
				}
				live = append(live, child)
			case op == 1 && who != k.init:
				k.exit(who, events.ExitStatus{})
				live = slices.DeleteFunc(live, func(t *task) bool { return t == who })
			default:
				long := strings.Repeat("x", rapid.IntRange(0, 300).Draw(t, "long"))
				args := []string{who.comm, fmt.Sprint(n), long}
				k.exec(who, "/bin/"+who.comm, args...)
				if ran[who.key] = append(slices.Clone(ran[who.key]), args); len(ran[who.key]) > keptImages {
					ran[who.key] = slices.Delete(ran[who.key], 1, 2)
				}
			}
			for _, ev := range k.log {
				if err := m.Apply(ev, func(told *events.Event) error {
					if all := ran[told.Process.Key]; told.Kind == events.Fork && len(all) > 0 {
						wantArgs(t, told.Process.Args, all[len(all)-1])
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if ev.Kind == events.Fork && ev.Process.Args.Known() {
					t.Fatalf("the source's event shows the model's memory: %q", ev.Process.Args.Raw)
				}
			}
			k.log = k.log[:0]
			for p := range m.All() {
				images := p.Images()
				if len(images) != len(ran[p.Key]) {
					t.Fatalf("%v has %d images, want %d", p.Key, len(images), len(ran[p.Key]))
				}
				for i, args := range ran[p.Key] {
					wantArgs(t, images[i].Args, args)
				}
			}
		}
	})
}

func wantArgs(t *rapid.T, got events.Args, want []string) {
	t.Helper()
	if all := got.Strings(); !slices.Equal(all, want) {
		t.Fatalf("arguments are %q, want %q", all, want)
	}
}

// What a live process costs is bounded, with an image and short arguments of its own.
func TestLiveProcessBytes(t *testing.T) {
	const lives, most = 20_000, 460
	before := heap()
	c := newCrowd(0)
	for range lives {
		c.runs()
	}
	if each := (heap() - before) / lives; each > most {
		t.Errorf("a live process costs %d bytes, want at most %d", each, most)
	}
	if live := c.m.Stats().Live; live != lives+1 {
		t.Errorf("%d are live, want %d", live, lives+1)
	}
}

// TestForkOfContext: who was there before a recording has no arguments in it; those that
// the record of a child's birth has are the child's, and the creator's are not guessed.
func TestForkOfContext(t *testing.T) {
	k := newKernel(true)
	shell := k.fork(k.init, 0)
	known := k.emit(events.Snapshot, shell)
	known.Process.Exe, known.Process.Full = "/bin/sh", true
	child := k.fork(shell, 0)
	born := k.log[len(k.log)-1]
	born.Process.Exe, born.Process.Args = "/bin/sh", events.Args{Raw: []byte("sh\x00-c\x00"), Size: 6, Status: events.Complete}
	m := New(Options{})
	apply(t, m, k.log)
	if i := m.find(child.key).Image(); i == nil || !slices.Equal(i.Args.Strings(), []string{"sh", "-c"}) {
		t.Errorf("the child's image is %+v, want the arguments of its record", i)
	}
	if i := m.find(shell.key).Image(); i == nil || i.Args.Known() {
		t.Errorf("the creator's image is %+v, want one without arguments", i)
	}
}
