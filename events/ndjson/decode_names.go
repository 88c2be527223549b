package ndjson

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// internMax bounds how many strings are remembered; past it all are forgotten,
// and the few in use come back.
const internMax = 8192

// internLong is the length from which a string is not worth remembering.
const internLong = 512

// interner gives equal bytes the same string: names and paths cost no allocation
// once they have been seen. The latest are found without a look into the map.
type interner struct {
	seen   map[string]string
	latest [256]string
}

func (n *interner) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	slot := &n.latest[byte(len(b)*31)^b[0]^b[len(b)-1]<<2^b[len(b)/2]<<4]
	if *slot != string(b) {
		*slot = n.find(b)
	}
	return *slot
}

func (n *interner) find(b []byte) string {
	if known, ok := n.seen[string(b)]; ok {
		return known
	}
	name := string(b)
	if len(b) >= internLong {
		return name
	}
	if n.seen == nil || len(n.seen) >= internMax {
		n.seen = make(map[string]string, internMax/8)
	}
	n.seen[name] = name
	return name
}

// The names of the stream, back to what they stand for.
var (
	kindOf   = map[string]events.Kind{}
	signalOf = map[string]int32{}
	flagOf   = map[string]uint64{}
	errnoOf  = map[string]int64{}
	originOf = map[string]events.Origin{}
	resultOf = map[string]events.SignalResult{}
	reasonOf = map[string]events.ReparentReason{}

	initStateOf = map[string]events.InitState{}
)

func init() {
	for _, k := range events.Kinds() {
		kindOf[k.String()] = k
	}
	for n := range int32(128) {
		signalOf[names.Signal(n)] = n
	}
	for bit := range 64 {
		flagOf[string(names.AppendCloneFlag(nil, 1<<bit))] = 1 << bit
	}
	for n := range int64(4096) { // MAX_ERRNO is 4095
		errnoOf[string(names.AppendErrno(nil, n))] = n
	}
	for o := events.OriginUser; o.String() != events.OriginUnknown.String(); o++ {
		originOf[o.String()] = o
	}
	for r := events.SignalDelivered; r.String() != unknownResult.String(); r++ {
		resultOf[r.String()] = r
	}
	resultOf[unknownResult.String()] = unknownResult
	for r := events.ReparentThread; r.String() != events.ReparentUnknown.String(); r++ {
		reasonOf[r.String()] = r
	}
	for s := events.InitWaits; s.String() != events.InitUnknown.String(); s++ {
		initStateOf[s.String()] = s
	}
}

// unknownResult is a result of a signal that the kernel's list does not have.
const unknownResult events.SignalResult = 255

// lookup reads a name and returns what it stands for; one from a newer program
// is counted as not known.
func lookup[T any](d *Decoder, object string, known map[string]T) (v T) {
	name := d.bytes()
	v, ok := known[string(name)]
	if !ok && d.err == nil {
		d.unknown(object, name)
	}
	return v
}

// signal reads a signal's name.
func (d *Decoder) signal() int32 {
	name := d.bytes()
	if n, ok := signalOf[string(name)]; ok {
		return n
	}
	digits, ok := strings.CutPrefix(string(name), "SIG")
	n, err := strconv.ParseInt(digits, 10, 32)
	if !ok || err != nil {
		d.fail("no signal")
	}
	return int32(n)
}

// errno reads an error's name.
func (d *Decoder) errno() int64 {
	name := d.bytes()
	if n, ok := errnoOf[string(name)]; ok {
		return n
	}
	digits, ok := strings.CutPrefix(string(name), "errno ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		d.fail("no error number")
	}
	return n
}

// flags reads a list of clone flags.
func (d *Decoder) flags() (all uint64) {
	for ok := d.list(); ok; ok = d.more() {
		all |= lookup(d, "clone_flags", flagOf)
	}
	return all
}
