package tree

import (
	"bytes"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const (
	// keptArgs is how many bytes of an argument vector are remembered.
	keptArgs = 4096
	// keptImages bounds a process that executes itself for ever. The first, which
	// tells where it came from, and the latest stay.
	keptImages = 16
)

// Image is one program that a process ran. It never changes once it is there:
// children born of the same image share it.
type Image struct {
	Comm        string
	Exe         string
	Args        events.Args // at most the first 4096 bytes, marked when cut
	Filename    string      // as passed to execve
	Interpreter string
	OldTID      int32  // the thread that executed it when not the leader
	AtNS        uint64 // when it was executed; 0 when that was not seen
}

// Image returns what the process runs now, nil when not known.
func (p *Process) Image() *Image {
	if len(p.images) == 0 {
		return nil
	}
	return p.images[len(p.images)-1]
}

// Images returns what the process ran, oldest first: the first is the one that it
// was born with. Of very many, some in the middle are forgotten.
func (p *Process) Images() []*Image { return p.images }

func (p *Process) addImage(i *Image) {
	if len(p.images) == keptImages {
		p.images = append(p.images[:1], p.images[2:]...)
	}
	p.images = append(p.images, i)
}

// newImage keeps what a full record says of an image.
func (m *Model) newImage(ev *events.Event) *Image {
	p := &ev.Process
	i := &Image{Comm: m.names.intern(p.Comm), Exe: m.names.intern(p.Exe), Args: keepArgs(p.Args)}
	if d := ev.Exec; d != nil {
		i.Filename, i.Interpreter = m.names.intern(d.Filename), m.names.intern(d.Interpreter)
		i.OldTID, i.AtNS = d.OldTID, ev.BootNS
	}
	return i
}

func keepArgs(a events.Args) events.Args {
	if len(a.Raw) > keptArgs {
		a.Raw, a.Status = a.Raw[:keptArgs], events.Truncated
	}
	a.Raw = bytes.Clone(a.Raw)
	return a
}

// shows reports whether a full record describes this image. A record that knows
// less than the image does not contradict it.
func (i *Image) shows(p *events.Process) bool {
	if p.Exe != "" && p.Exe != i.Exe {
		return false
	}
	n := min(len(p.Args.Raw), len(i.Args.Raw))
	return !p.Args.Known() || !i.Args.Known() ||
		p.Args.Size == i.Args.Size && bytes.Equal(p.Args.Raw[:n], i.Args.Raw[:n])
}

// interner shares equal strings among the nodes of a tree. It forgets them all
// when it is full: then a name is held twice, which harms nobody.
type interner struct{ known map[string]string }

const maxNames = 4096

func (n *interner) intern(s string) string {
	if s == "" {
		return ""
	}
	if same, ok := n.known[s]; ok {
		return same
	}
	if n.known == nil || len(n.known) >= maxNames {
		n.known = make(map[string]string)
	}
	n.known[s] = s
	return s
}
