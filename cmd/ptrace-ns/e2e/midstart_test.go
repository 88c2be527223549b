package e2e

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/tracer"
)

const (
	// midStarts is how many tracers TestN16 starts unless N16_STARTS says another
	// number; atOnce is how many of them see the same container.
	midStarts = 36
	atOnce    = 3
	// moreRounds is how often it aims again where the machine was too unsteady for
	// enough of them to begin in the middle.
	moreRounds = 12
)

// TestN16 starts tracers at moments spread over the whole of a docker run. Whatever
// each has seen of it, its tree is the machine's when the container runs.
func TestN16(t *testing.T) {
	requireDocker(t)
	mayBeHidden(t, 1) // asked here: a tracer's own goroutine cannot end the test
	starts := midStarts
	if text := os.Getenv("N16_STARTS"); text != "" {
		starts = number(t, text)
	}
	sp := &spread{t: t}
	for i := 0; i < starts; i += atOnce {
		// At first nearly all attach late in the run, at last nearly all before it.
		sp.round(sp.opening * time.Duration(starts+2*i) / time.Duration(2*starts))
	}
	for i := 0; i < moreRounds && !sp.enough(); i++ {
		later := sp.opening // who attaches before sees the start
		if sp.amid < 3 {
			later = max(0, sp.opening-sp.running/2)
		}
		sp.round(later)
	}
	t.Logf("%d of %d attached in the middle, %d saw the container start; opening takes %v", sp.amid, sp.all, sp.seen, sp.opening)
	if !sp.enough() {
		t.Errorf("%d of %d attached in the middle and %d saw the container start: they were not spread", sp.amid, sp.all, sp.seen)
	}
}

// spread is how the tracers came to lie in the runs that they saw.
type spread struct {
	t                *testing.T
	all, amid, seen  int
	rounds           int
	opening, running time.Duration // of late, from call to attach and of a docker run
}

func (s *spread) enough() bool { return s.amid >= 3 && s.seen >= 3 }

// round has some tracers see one docker run that begins so long after they do.
func (s *spread) round(later time.Duration) {
	m := &midStart{t: s.t, running: make(chan struct{})}
	for range atOnce {
		m.tracers = append(m.tracers, &lateTracer{m: m})
	}
	m.try(later)
	s.rounds++
	weight := time.Duration(min(s.rounds, 4))
	s.running += (time.Duration(m.ran-m.began) - s.running) / weight
	for _, l := range m.tracers {
		s.all++
		s.opening += (l.opening - s.opening) / weight
		if l.attached > m.began && l.attached < m.ran {
			s.amid++
		}
		if len(l.started[m.id]) > 0 {
			s.seen++
		}
	}
}

// midStart is one docker run with some tracers that begin meanwhile.
type midStart struct {
	t          *testing.T
	tracers    []*lateTracer
	began, ran uint64 // CLOCK_BOOTTIME when docker was called, and had done it
	id         string
	init       int
	running    chan struct{}
}

// try calls docker so long after the tracers.
func (m *midStart) try(later time.Duration) {
	m.t.Helper()
	var all sync.WaitGroup
	for _, l := range m.tracers {
		all.Go(l.run)
	}
	time.Sleep(later)
	m.began = tracer.Now()
	m.id = run(m.t, "docker", "run", "-d", "--network", "none", image, "/bin/sh", "-c", "sleep 1000 & wait")
	m.ran = tracer.Now()
	m.init = dockerPID(m.t, m.id)
	firstChild(m.t, m.init)
	close(m.running)
	run(m.t, "true") // whoever waits for the next event on a quiet machine has one
	all.Wait()
	run(m.t, "docker", "rm", "-f", m.id)
	for _, l := range m.tracers {
		// The init executes its entrypoint and nothing else: whoever tells that exec, tells
		// the start, though its snapshot may have been ahead of it.
		var want []int
		if l.executed[m.init] {
			want = []int{m.init}
		}
		if inits := l.started[m.id]; !slices.Equal(inits, want) {
			l.failf("container: started as %v, want %v", inits, want)
		}
		for _, wrong := range l.wrong {
			m.t.Errorf("attached %v after docker began: %s", time.Duration(int64(l.attached)-int64(m.began)), wrong)
		}
	}
}
