package container

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// ErrNotKnown is the answer of a daemon that does not know a container.
var ErrNotKnown = errors.New("container not known by its engine")

// API is a daemon that is asked for what it knows of a container. The answer is nil when it
// is not the daemon of its runtime, and ErrNotKnown when it does not know that one; another
// error says that it did not answer.
type API interface {
	Ask(ctx context.Context, c *events.Container) (*events.Container, error)
}

// wait is how long questions to the disk are still waited for: so long in all until one
// is answered. A disk that hangs is waited for once, one that is slow with each question.
type wait struct {
	most, left time.Duration
	answered   atomic.Uint64 // questions, by the disk's goroutine
	seen       uint64        // of them, when left was the most
}

// renew gives the whole patience again when anything was answered.
func (w *wait) renew() {
	if n := w.answered.Load(); n != w.seen {
		w.seen, w.left = n, w.most
	}
}

// receive waits for the answer as long as there is patience; false is none.
func receive(answer <-chan finding, left *time.Duration) (finding, bool) {
	if *left <= 0 {
		return finding{}, false
	}
	began := time.Now()
	timer := time.NewTimer(*left)
	defer timer.Stop()
	select {
	case found := <-answer:
		*left -= time.Since(began)
		return found, true
	case <-timer.C:
		*left = 0
		return finding{}, false
	}
}

// ask has the disk asked by that queue, and waits for the answer while it answers at all.
func (l *Lookup) ask(queue chan<- func(), path string, question func() finding) finding {
	answer := make(chan finding, 1)
	l.diskWait.renew()
	job := func() {
		found := question()
		l.diskWait.answered.Add(1) // before who waits goes on to ask the next
		l.give(answer, Answer{Path: path, Container: found.Container, Tenants: found.tenants, by: found.by})
	}
	select {
	case queue <- job:
		return take(answer, &l.diskWait.left)
	default:
		return finding{}
	}
}

// askAPI has the daemon asked for what it knows of the container; the answer is late. Of
// one that is not root's it counts for the cgroup that was asked for alone.
func (l *Lookup) askAPI(r *remembered, path string) {
	answer, c, by := make(chan finding, 1), r.container, r.by
	if by == superuser {
		path = ""
	}
	job := func() {
		ctx, cancel := context.WithTimeout(context.Background(), apiPatience)
		defer cancel()
		l.asked.begin()
		told, err := l.api.Ask(ctx, c)
		l.asked.end(told, err)
		if err != nil {
			told = nil
		}
		l.give(answer, Answer{Path: path, Container: told, by: by})
	}
	select {
	case l.daemon <- job:
		if told := take(answer, &l.daemonWait); told.Container != nil {
			r.container = told.Container
		}
	default:
	}
}

// give hands the answer to who waits for it, or tells it late. One that is about no cgroup
// is for all of the container, so it has to be root's.
func (l *Lookup) give(to chan<- finding, a Answer) {
	select {
	case to <- finding{a.Container, a.by, a.Tenants}:
		return
	default: // nobody waits any more
	}
	if a.Container == nil && a.Tenants == nil || a.Path == "" && a.by != superuser {
		return
	}
	l.tellLate(a)
}

func (l *Lookup) tellLate(a Answer) {
	select {
	case l.late <- a:
	default: // more than anybody reads: it stays as it was
	}
}

// take waits for the answer as long as there is patience. After that the answer is late:
// its place is taken, so that who answers sees it, unless it has just come.
func take(answer chan finding, left *time.Duration) finding {
	if found, ok := receive(answer, left); ok {
		return found
	}
	select {
	case answer <- finding{}:
		return finding{}
	default:
		return <-answer
	}
}

// questions are those to the daemon, under way included.
type questions struct {
	mu             sync.Mutex
	asked, answers int
	last           error // why the latest was not answered
}

func (q *questions) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked++
}

// end notes what came of a question; one that is no daemon's was none.
func (q *questions) end(told *events.Container, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case errors.Is(err, ErrNotKnown), err == nil && told != nil:
		q.answers++
	case err == nil:
		q.asked--
	default:
		q.last = err
	}
}

// Unanswered returns an error when the daemon was asked and never answered, that it
// does not know a container included: nothing of what is told is from it.
func (l *Lookup) Unanswered() error {
	q := &l.asked
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.asked == 0 || q.answers > 0:
		return nil
	case q.last == nil:
		return fmt.Errorf("container API: not answered until now, %d asked", q.asked)
	}
	return fmt.Errorf("container API: never answered, %d asked: %w", q.asked, q.last)
}
