package tracks

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// process returns the track of the process that an event is about, and takes over what
// the event tells of it.
func (r *Recorder) process(p *events.Process) *Track {
	t := r.placed(p)
	t.Name = words.Name(p.Comm)
	t.Identity.Comm = p.Comm
	return t
}

// placed is process for what has another name: a thread's.
func (r *Recorder) placed(p *events.Process) *Track {
	t := r.ref(p.Ref())
	t.know(p)
	if len(p.Chain) > 0 {
		t.namespace = r.chain(p.Chain)
	}
	if p.Container != nil && !p.Container.Equal(t.container) {
		t.container = p.Container.Clone()
	}
	return t
}

// ref returns the track of a process that an event names.
func (r *Recorder) ref(p events.Ref) *Track {
	t, ok := r.procs[p.Key]
	if !ok {
		t = r.track(Process, words.Name(p.Comm))
		t.PID = p.Key.PID
		t.Identity = Identity{Key: p.Key, Comm: p.Comm}
		r.procs[p.Key] = t
	}
	return t
}

func (r *Recorder) thread(p *events.Process) *Track {
	key := threadKey{p.Key, p.TID}
	t, ok := r.threads[key]
	if !ok {
		t = r.track(Thread, words.Name(p.Comm))
		t.PID, t.TID = p.Key.PID, p.TID
		t.Parent = r.placed(p)
		r.threads[key] = t
	}
	return t
}

// chain returns the track of the innermost namespace.
func (r *Recorder) chain(c events.PIDChain) (own *Track) {
	for level, e := range c {
		t, ok := r.pidns[e.NS]
		if !ok {
			name := "initial PID namespace"
			if level > 0 {
				name = "PID namespace " + inum(e.NS)
			}
			t = r.track(Namespace, name)
			t.Parent = own
			r.pidns[e.NS] = t
		}
		own = t
	}
	return own
}

// containerIn returns the track of a container in one of the namespaces that it has
// processes in.
func (r *Recorder) containerIn(ns *Track, c *events.Container) *Track {
	key := insideKey{ns, c.ID}
	t, ok := r.inside[key]
	if !ok {
		t = r.track(Container, "")
		t.Parent = ns
		ns.inside = append(ns.inside, t)
		r.inside[key] = t
	}
	t.Name = "container " + words.Container(c)
	if c.Runtime != "" {
		t.Name = safe.String(c.Runtime) + " " + t.Name
	}
	return t
}

// over takes a namespace's number back: the kernel gives it to the next one.
func (r *Recorder) over(id events.NSID) *Track {
	t := r.pidns[id]
	delete(r.pidns, id)
	return t
}

// facts are what is told of a process at its first sight.
func facts(p *events.Process) []Fact {
	all := []Fact{
		{Name: "id", Text: p.Key.String()}, {Name: "pids", Text: words.Chain(p.Chain, "→")},
		{Name: "pid_namespaces", Text: namespaces(p.Chain)},
		word("exe", p.Exe), {Name: "args", Text: string(words.AppendArgs(nil, p.Args, "…"))}, word("cwd", p.Cwd),
		word("cgroup", p.Cgroup.Path), word("role", p.Role),
	}
	if !p.Parent.IsZero() {
		all = append(all, Fact{Name: "parent", Text: words.Ref(p.Parent)})
	}
	if p.HasIDs {
		all = append(all, Fact{Name: "uid", Text: strconv.FormatUint(uint64(p.UID), 10)})
	}
	return append(known(all...), containerFacts(p.Container)...)
}

func containerFacts(c *events.Container) []Fact {
	if c == nil {
		return nil
	}
	return known(word("container_id", c.ID), word("container_name", c.Name), word("container_image", c.Image),
		word("container_runtime", c.Runtime), word("pod", c.Pod), word("pod_namespace", c.PodNS), word("pod_uid", c.PodUID))
}

// namespaces are the inode numbers of a chain's namespaces, outermost first.
func namespaces(c events.PIDChain) string {
	var b []byte
	for _, e := range c {
		if len(b) > 0 {
			b = append(b, "→"...)
		}
		b = append(b, inum(e.NS)...)
	}
	return string(b)
}
