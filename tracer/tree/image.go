package tree

import (
	"bytes"
	"math/bits"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const (
	// keptArgs is how many bytes of an argument vector are remembered.
	keptArgs = 4096
	// keptImages bounds a process that executes itself for ever. The first, which
	// tells where it came from, and the latest stay.
	keptImages = 16
)

// Image is one program that a process ran, with its arguments. Children born of the same
// image share it. It does not change while a process has it; its memory is used again
// when none has it any more, so that it is valid until the next call of Apply.
type Image struct {
	*Program
	Args events.Args // at most the first 4096 bytes, marked when cut
	AtNS uint64      // when it was executed; 0 when that was not seen

	users int32 // processes that have it
}

// Program is what is equal in many images.
type Program struct {
	Comm        string
	Exe         string
	Filename    string // as passed to execve
	Interpreter string
	OldTID      int32 // the thread that executed it when not the leader
}

var unknownProgram Program

// Image returns what the process runs now, nil when not known.
func (p *Process) Image() *Image { return p.image }

// Images returns what the process ran, oldest first: the first is the one that it
// was born with. Of very many, some in the middle are forgotten.
func (p *Process) Images() []*Image {
	if p.image == nil {
		return nil
	}
	all := append([]*Image{p.born}, p.few().between...)
	if p.image != p.born {
		all = append(all, p.image)
	}
	return all
}

// addImage makes it what the process runs now.
func (m *Model) addImage(p *Process, i *Image) {
	i.users++
	if p.born == nil {
		p.born, p.image = i, i
		return
	}
	if p.image != p.born {
		s := m.need(p)
		if len(s.between) == keptImages-2 {
			m.dropImage(s.between[0])
			s.between = append(s.between[:0], s.between[1:]...)
		}
		s.between = append(s.between, p.image)
	}
	p.image = i
}

// replaceImage makes it what the process is known to run instead of the last one.
func (m *Model) replaceImage(p *Process, i *Image) {
	i.users++
	m.dropImage(p.image)
	if p.born == p.image {
		p.born = i
	}
	p.image = i
}

// dropImages takes all from a process that is forgotten.
func (m *Model) dropImages(p *Process) {
	if p.born != nil && p.born != p.image {
		m.dropImage(p.born)
	}
	for _, i := range p.few().between {
		m.dropImage(i)
	}
	if p.image != nil {
		m.dropImage(p.image)
	}
	p.born, p.image = nil, nil
}

// dropImage takes the image from one process. One that nobody has is kept empty for the
// next exec.
func (m *Model) dropImage(i *Image) {
	if i.users--; i.users > 0 {
		return
	}
	raw := i.Args.Raw
	i.Args.Raw = nil // it is the pool's
	m.bytes.put(raw)
	if len(m.freeImages) < len(m.window.slots) {
		*i = Image{}
		m.freeImages = append(m.freeImages, i)
	}
}

// newImage keeps what a full record says of an image.
func (m *Model) newImage(ev *events.Event) *Image {
	var i *Image
	if n := len(m.freeImages); n > 0 {
		i, m.freeImages = m.freeImages[n-1], m.freeImages[:n-1]
	} else {
		i = &Image{}
	}
	p := &ev.Process
	about := Program{Comm: p.Comm, Exe: p.Exe}
	if d := ev.Exec; d != nil {
		about.Filename, about.Interpreter, about.OldTID = d.Filename, d.Interpreter, d.OldTID
		i.AtNS = ev.BootNS
	}
	if i.Program = m.programs.of(about, nil); i.Program == nil {
		i.Program = &unknownProgram
	}
	i.Args = m.keepArgs(p.Args)
	return i
}

func (m *Model) keepArgs(a events.Args) events.Args {
	if len(a.Raw) > keptArgs {
		a.Raw, a.Status = a.Raw[:keptArgs], events.Truncated
	}
	if raw := a.Raw; raw != nil {
		a.Raw = append(m.bytes.get(len(raw)), raw...)
	}
	return a
}

// bytePool holds memory for arguments, by the power of two that its size is.
type bytePool struct {
	free [keptArgsBits + 1][][]byte
	size int
}

const (
	keptArgsBits = 12
	// leastArgs is the least that is handed out.
	leastArgs = 16
	// maxPool is how much is kept: the arguments of a thousand short lives.
	maxPool = 256 << 10
)

// get returns an empty slice that has room for n bytes, at most keptArgs.
func (b *bytePool) get(n int) []byte {
	class := bits.Len(uint(max(n, leastArgs) - 1))
	free := b.free[class]
	if len(free) == 0 {
		return make([]byte, 0, 1<<class)
	}
	raw := free[len(free)-1]
	b.free[class] = free[:len(free)-1]
	b.size -= 1 << class
	return raw
}

// put takes back what get has given.
func (b *bytePool) put(raw []byte) {
	if cap(raw) == 0 || b.size+cap(raw) > maxPool {
		return
	}
	class := bits.Len(uint(cap(raw) - 1))
	b.free[class] = append(b.free[class], raw[:0])
	b.size += cap(raw)
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

// knows reports whether the image has all that a full record says of one: that record
// may tell the arguments of a process whose creator was told without.
func (i *Image) knows(p *events.Process) bool {
	return (p.Exe == "" || i.Exe != "") && (!p.Args.Known() || i.Args.Known())
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
