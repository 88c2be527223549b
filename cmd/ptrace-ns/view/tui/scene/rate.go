package scene

import "math"

// memory is over how many nanoseconds a rate looks back: after that much silence it is
// about a third of what it was.
const memory = 2e9

// rate is how many events a second came of late. Its time is the events' own, so that
// a recording shows what was seen live.
type rate struct {
	value float64
	atNS  uint64
}

func (r *rate) add(bootNS uint64) {
	r.value = r.at(bootNS) + 1e9/memory
	r.atNS = max(r.atNS, bootNS)
}

// at is the rate at a later moment.
func (r *rate) at(bootNS uint64) float64 {
	if r.value == 0 || bootNS <= r.atNS {
		return r.value
	}
	return r.value * math.Exp(-float64(bootNS-r.atNS)/memory)
}
