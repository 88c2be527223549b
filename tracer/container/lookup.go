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

const (
	// patience is how long an event waits for files: they are usually in memory and take
	// a fraction of a millisecond. The ring buffer holds what happens meanwhile.
	patience = 100 * time.Millisecond
	// apiPatience bounds one question to a daemon.
	apiPatience = 2 * time.Second
	// maxQueued bounds how many questions wait; of more, the newest are not asked.
	maxQueued = 256
	// maxKnown bounds how many containers are remembered.
	maxKnown = 4096
)

// Answer is what was found out of a cgroup or of a container.
type Answer struct {
	// Path is the cgroup's that was asked for; empty when the answer is a daemon's.
	Path      string
	Container *events.Container
}

// Lookup answers from what it remembers, from the disk and, where it has one, from a
// daemon, and never holds up who asks for longer than a moment: when the disk does not
// answer at once, or the daemon has to be asked, the rest comes later, by Late.
//
// One goroutine uses it. It has two of its own, until Close.
type Lookup struct {
	resolver *Resolver
	api      API

	disk, daemon chan func()
	late         chan Answer
	busy         atomic.Int32 // questions to the disk that are under way
	patience     time.Duration
	known        map[string]*events.Container
	stop         context.CancelFunc
	asked        questions
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

// NewLookup looks up with the resolver, and asks the API unless it is nil.
func NewLookup(r *Resolver, api API) *Lookup {
	ctx, stop := context.WithCancel(context.Background())
	l := &Lookup{
		resolver: r, api: api, stop: stop, patience: patience,
		disk: make(chan func(), maxQueued), daemon: make(chan func(), maxQueued),
		late: make(chan Answer, maxQueued), known: map[string]*events.Container{},
	}
	go work(ctx, l.disk)
	go work(ctx, l.daemon)
	return l
}

func work(ctx context.Context, jobs <-chan func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-jobs:
			job()
		}
	}
}

// Close ends the goroutines. A question that is under way ends by itself.
func (l *Lookup) Close() { l.stop() }

// Identify returns the container whose cgroup has that path, nil for none or one
// that is not known yet.
func (l *Lookup) Identify(path string) *events.Container {
	c := FromCgroup(path)
	if c != nil && c.Outer == nil {
		if known := l.known[c.ID]; known != nil && known.Source != c.Source {
			return merged(known, c)
		}
	}
	if found := l.ask(path, func() *events.Container { return l.resolver.Identify(path) }); found != nil {
		c = found
	}
	l.remember(c)
	return c
}

// Named returns what is known of a container that the arguments of a program name, by its
// id or by its address; nil where no file knows the address.
func (l *Lookup) Named(call Call, program string) *events.Container {
	if call.ID == "" {
		return l.ask("", func() *events.Container { return l.resolver.Addressed(call.Address) })
	}
	c := &events.Container{ID: call.ID, Runtime: call.Runtime(program), Source: "args", Namespace: call.Namespace}
	if known := l.known[call.ID]; known != nil && Same(known, c) {
		return known
	}
	if found := l.ask("", func() *events.Container { return l.resolver.Complete(c) }); found != nil {
		return found
	}
	return c
}

// Declare notes that a program was called for a container, see Resolver.Declare.
func (l *Lookup) Declare(call Call, program, cwd string, outer *events.Container) {
	l.ask("", func() *events.Container { l.resolver.Declare(call, program, cwd, outer); return nil })
}

// Late returns an answer that came later than the question waited; false is none.
func (l *Lookup) Late() (Answer, bool) {
	select {
	case a := <-l.late:
		if a.Path == "" {
			l.known[a.Container.ID] = a.Container
		} else {
			l.remember(a.Container)
		}
		return a, true
	default:
		return Answer{}, false
	}
}

// Forget drops what is remembered of a container that is gone.
func (l *Lookup) Forget(id string) { delete(l.known, id) }

// ask has the disk asked and waits for the answer unless an earlier question still
// waits: a disk that hangs is waited for once.
func (l *Lookup) ask(path string, question func() *events.Container) *events.Container {
	answer := make(chan *events.Container, 1)
	waits := l.busy.Load() == 0
	job := func() {
		c := question()
		l.busy.Add(-1) // before who waits goes on to ask the next
		select {
		case answer <- c:
		default: // nobody waits any more
			l.tellLate(Answer{Path: path, Container: c})
		}
	}
	l.busy.Add(1)
	select {
	case l.disk <- job:
	default:
		l.busy.Add(-1)
		return nil
	}
	if waits {
		timer := time.NewTimer(l.patience)
		defer timer.Stop()
		select {
		case c := <-answer:
			return c
		case <-timer.C:
		}
	}
	// From here on the answer is late: the channel is filled so that the job sees it,
	// unless it was just answered.
	select {
	case answer <- nil:
		return nil
	default:
		return <-answer
	}
}

func (l *Lookup) tellLate(a Answer) {
	if a.Container == nil {
		return
	}
	select {
	case l.late <- a:
	default: // more than anybody reads: it stays as it was
	}
}

// remember keeps the container and has the daemon asked for the rest.
func (l *Lookup) remember(c *events.Container) {
	if c == nil || c.Outer != nil {
		return
	}
	if len(l.known) >= maxKnown {
		clear(l.known) // what still runs is asked for again
	}
	l.known[c.ID] = c
	if l.api == nil {
		return
	}
	job := func() {
		ctx, cancel := context.WithTimeout(context.Background(), apiPatience)
		defer cancel()
		l.asked.begin()
		told, err := l.api.Ask(ctx, c)
		l.asked.end(told, err)
		if err == nil && told != nil {
			l.tellLate(Answer{Container: told})
		}
	}
	select {
	case l.daemon <- job:
	default:
	}
}

// Same reports whether both can be the same container: containerd's ids are unique
// within one of its namespaces only.
func Same(a, b *events.Container) bool {
	return a != nil && b != nil && a.ID == b.ID && (a.Namespace == b.Namespace || a.Namespace == "" || b.Namespace == "")
}

// merged returns what is known with what only the cgroup's path tells.
func merged(known, path *events.Container) *events.Container {
	if path.PodUID == known.PodUID && path.PodQoS == known.PodQoS || path.PodUID == "" {
		return known
	}
	c := *known
	c.PodUID, c.PodQoS = first(path.PodUID, known.PodUID), first(path.PodQoS, known.PodQoS)
	return &c
}
