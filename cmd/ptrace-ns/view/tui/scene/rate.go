package scene

import "math"

// memory is over how many nanoseconds a rate looks back: after that much silence it is
// about a third of what it was.
const memory = 2e9

// shortest is the shortest time of which a rate is told: of less, a few events would be
// as many as a storm's.
const shortest = 1e9

// rate is how many events a second came of late. Its time is the events' own, so that
// a recording shows what was seen live.
type rate struct {
	value float64 // as if it had been watched for ever
	atNS  uint64
	// sinceNS is when it could have had its first event: what it remembers of the time
	// before is not silence but nothing.
	sinceNS uint64
}

func (r *rate) add(bootNS uint64) {
	r.value = r.faded(bootNS) + 1e9/memory
	r.atNS = max(r.atNS, bootNS)
}

func (r *rate) faded(bootNS uint64) float64 {
	if r.value == 0 || bootNS <= r.atNS {
		return r.value
	}
	return r.value * math.Exp(-float64(bootNS-r.atNS)/memory)
}

// at is the rate at a later moment. What was remembered is divided by how much of the
// memory there was time to fill.
func (r *rate) at(bootNS uint64) float64 {
	if r.value == 0 {
		return 0
	}
	bootNS = max(bootNS, r.atNS)
	watched := float64(max(bootNS-min(bootNS, r.sinceNS), shortest))
	return r.faded(bootNS) / -math.Expm1(-watched/memory)
}
