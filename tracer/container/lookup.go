package container

import (
	"context"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const (
	// patience is how long events wait for files in all until one question is answered:
	// they are usually in memory and take a fraction of a millisecond. The ring buffer
	// holds what happens meanwhile.
	patience = 100 * time.Millisecond
	// apiPatience bounds one question to a daemon.
	apiPatience = 2 * time.Second
	// maxQueued bounds how many questions wait; of more, the newest are not asked.
	maxQueued = 256
)

// Answer is what was found out of a cgroup or of a container.
type Answer struct {
	// Path is the cgroup's that was asked for; empty when the answer is about a container.
	Path      string
	Container *events.Container
	// Tenants has the cgroup's containers where there are several.
	Tenants Tenants
	// Servant is a program that turned out to work for the container; zero is none.
	Servant events.ProcKey

	by uint32 // who says so
}

// Lookup answers from what it remembers, from the disk and, where it has one, from a
// daemon, and never holds up who asks for longer than a moment: when the disk does not
// answer at once, or the daemon has to be asked, the rest comes later, by Late.
//
// One goroutine uses it. It has two of its own, until Close.
type Lookup struct {
	resolver *Resolver
	api      API
	known    memory

	// disk has the questions to files; those of seldom wait while there are others.
	disk, seldom, daemon chan func()
	late                 chan Answer
	running              context.Context
	stop                 context.CancelFunc
	diskWait             wait
	daemonWait           time.Duration // left of what answers of the daemon are waited for
	asked                questions
}

// NewLookup looks up with the resolver, and asks the API unless it is nil.
func NewLookup(r *Resolver, api API) *Lookup {
	ctx, stop := context.WithCancel(context.Background())
	l := &Lookup{
		resolver: r, api: api, known: memory{}, running: ctx, stop: stop, diskWait: wait{most: patience, left: patience},
		disk: make(chan func(), maxQueued), seldom: make(chan func(), maxQueued), daemon: make(chan func(), maxQueued), late: make(chan Answer, maxQueued),
	}
	go work(ctx, l.disk, l.seldom)
	go work(ctx, l.daemon, nil)
	return l
}

// work does the jobs, the later ones only while there are no others.
func work(ctx context.Context, jobs, later <-chan func()) {
	for ctx.Err() == nil {
		select {
		case job := <-jobs:
			job()
			continue
		default:
		}
		select {
		case <-ctx.Done():
		case job := <-jobs:
			job()
		case job := <-later:
			job()
		}
	}
}

// Close ends the goroutines. A question that is under way ends by itself.
func (l *Lookup) Close() { l.stop() }

// WaitFor has the daemon's answers waited for, so long in all, and those of the disk so
// long until one comes. It is for who looks once: no event waits, and nothing comes late.
func (l *Lookup) WaitFor(most time.Duration) {
	l.daemonWait, l.diskWait.most, l.diskWait.left = most, most, most
}

// Identify returns whose the cgroup of that path is: nobody's, too, when that is not known
// yet. Of several containers no daemon is asked.
func (l *Lookup) Identify(path string) Found {
	c := FromCgroup(path)
	if c != nil && c.Outer == nil {
		if r := l.known.find(c, superuser); r != nil && worth(r.container) >= worth(&events.Container{Source: "state"}) {
			return Found{Container: merged(r.container, c)}
		}
	}
	queue := l.disk
	if c == nil {
		// Most such cgroups are no container's. On a machine where files are slow, a walk
		// over hundreds of them would hold up who is about a container until that is gone.
		queue = l.seldom
	}
	found := l.ask(queue, path, func() finding { return l.resolver.identify(path) })
	if found.tenants != nil {
		return found.found()
	}
	if found.Container == nil {
		found = finding{Container: c, by: superuser}
	}
	return Found{Container: l.remember(found, path)}
}

// Named returns what is known of a container that the arguments of a program name, by its
// id or by its address; nil where no file knows the address yet, which is told late. What
// its files say is remembered: they may be gone when the container's cgroup is heard of.
func (l *Lookup) Named(call Call, by Caller) *events.Container {
	if call.ID == "" && by.UID != superuser {
		return nil // a user's Docker gives out the same addresses as root's
	}
	if call.ID == "" {
		return l.addressed(call.Address, by.Key)
	}
	c := &events.Container{ID: call.ID, Runtime: call.Runtime(by.Program), Source: "args", Namespace: call.Namespace}
	if r := l.known.find(c, by.UID); r != nil && worth(r.container) > worth(c) {
		return r.container
	}
	found := l.ask(l.disk, "", func() finding {
		return finding{Container: l.resolver.complete(c, believed(by.UID)).Container, by: by.UID}
	})
	switch {
	case found.Container == nil:
		return c
	case worth(found.Container) > worth(c):
		return l.remember(found, "")
	}
	return found.Container
}

// Declare notes that a program was called for a container, see Resolver.Declare. While the
// disk does not answer, the cgroupsPath is not known.
func (l *Lookup) Declare(call Call, by Caller) (cgroupsPath string) {
	said := make(chan string, 1)
	l.ask(l.disk, "", func() finding { said <- l.resolver.Declare(call, by); return finding{} })
	select {
	case cgroupsPath = <-said:
	default:
	}
	return cgroupsPath
}

// Late returns an answer that came later than the question waited; false is none.
func (l *Lookup) Late() (Answer, bool) {
	select {
	case a := <-l.late:
		if a.Servant != (events.ProcKey{}) || a.Tenants != nil {
			return a, true
		}
		if a.Container.Source != "api" {
			a.Container = l.remember(finding{Container: a.Container, by: a.by}, a.Path)
		} else if a.Container.Outer == nil {
			l.known.keep(finding{Container: a.Container, by: a.by})
		}
		return a, true
	default:
		return Answer{}, false
	}
}

// Forget drops what is remembered of a container that is gone.
func (l *Lookup) Forget(c *events.Container) {
	l.known.forget(c)
	select {
	case l.disk <- func() { l.resolver.Forget(c) }:
	default: // the resolver's memory is bounded
	}
}

// remember keeps the container, has the daemon asked for the rest, and returns the best
// that is known of it. The path is its cgroup's, empty where that is not known.
func (l *Lookup) remember(found finding, path string) *events.Container {
	c := found.Container
	if c == nil || c.Outer != nil {
		return c
	}
	r := l.known.keep(found)
	if l.api != nil && !r.asked {
		r.asked = true
		l.askAPI(r, path)
	}
	return merged(r.container, c)
}
