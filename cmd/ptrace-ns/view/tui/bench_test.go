package tui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// crowd is a model of many processes in 100 namespaces, in which some always come and go.
type crowd struct {
	model *tree.Model
	stage *scene.Stage
	nowNS uint64
	next  int32
}

func newCrowd(b testing.TB, n int) *crowd {
	c := &crowd{model: tree.New(tree.Options{Keep: 4 << 10}), stage: scene.NewStage(scene.Options{Unicode: true, Zone: time.UTC, FadeNS: 5 * second}), nowNS: 1000 * second, next: 2}
	c.tell(b, &events.Event{Kind: events.Snapshot, Process: c.process(1, 0)})
	for c.next < int32(n) {
		c.tell(b, &events.Event{Kind: events.Snapshot, Process: c.process(c.next, c.next/8+1)})
		c.next++
	}
	c.tell(b, &events.Event{Kind: events.SnapshotEnd})
	return c
}

func (c *crowd) process(pid, parent int32) events.Process {
	p := events.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid)}, TID: pid, Comm: fmt.Sprint("worker", pid%100), Full: true, Exe: "/usr/bin/worker",
		Args: events.ArgsOf("/usr/bin/worker", "--number", fmt.Sprint(pid)), Parent: events.Ref{Key: events.ProcKey{PID: parent, Start: uint64(parent)}},
		Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}},
	}
	if ns := uint32(pid / 100); pid > 100 {
		p.Chain = append(p.Chain, events.PIDEntry{NS: events.NSID{Inum: 100 + ns}, PID: pid%100 + 1})
		p.Container = &events.Container{ID: fmt.Sprintf("%064d", ns), Name: fmt.Sprint("web", ns), Runtime: "docker"}
	}
	return p
}

func (c *crowd) tell(b testing.TB, ev *events.Event) {
	if err := c.model.Apply(ev, c.stage.Put); err != nil {
		b.Fatal(err)
	}
}

// churn is n events: births, execs and ends.
func (c *crowd) churn(b testing.TB, n int) {
	for range n / 3 {
		p := c.process(c.next, 9)
		c.next++
		c.nowNS += second / 5000 * 3
		c.tell(b, &events.Event{Kind: events.Fork, BootNS: c.nowNS, Process: p, Fork: &events.ForkDetail{Creator: p.Parent}})
		c.tell(b, &events.Event{Kind: events.Exec, BootNS: c.nowNS, Process: p, Exec: &events.ExecDetail{Filename: "worker"}})
		c.tell(b, &events.Event{Kind: events.Exit, BootNS: c.nowNS, Process: p, Exit: &events.ExitDetail{}})
	}
}

// Look, Seen … make it a source.
func (c *crowd) Look(f *scene.Filter) *scene.Scene {
	sc, _ := c.stage.Look(func(see func(*tree.Model) error) error { return see(c.model) }, c.nowNS, f)
	return sc
}
func (c *crowd) Seen() uint64                        { return c.stage.Seen() }
func (c *crowd) Namespaces(int) []string             { return nil }
func (c *crowd) Deaths(*scene.Filter) []scene.Line   { return nil }
func (c *crowd) Detail(events.ProcKey) *scene.Detail { return nil }

// BenchmarkFrame is one twentieth of a second: 250 events, a scene of 10 000 living
// processes and those that fade, and the screen. With 20 frames a second, 5 ms a frame
// are a tenth of a core.
func BenchmarkFrame(b *testing.B) {
	for _, part := range []string{"all", "events", "scene", "layout", "draw"} {
		for by := Tree; by < groups; by++ {
			if by != Tree && part != "all" && part != "layout" {
				continue
			}
			b.Run(part+"/"+GroupNames[by], func(b *testing.B) { benchmarkFrame(b, part, by) })
		}
	}
}

func benchmarkFrame(b *testing.B, part string, by Group) {
	c := newCrowd(b, 10_000)
	c.churn(b, 25_000)
	m := New(c, Options{Unicode: true, Color: true, Zone: time.UTC, Group: by, Args: true})
	m.Update(tea.WindowSizeMsg{Width: 160, Height: 50})
	next(m)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if part == "all" || part == "events" {
			c.churn(b, 250)
		}
		if part == "all" || part == "scene" {
			m.scene = c.Look(nil)
		}
		if part == "all" || part == "layout" {
			m.show(m.scene)
		}
		if part == "all" || part == "draw" {
			m.drawn = ""
			m.View()
		}
	}
}
