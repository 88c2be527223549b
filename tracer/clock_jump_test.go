//go:build linux

package tracer

import (
	"testing"
	"time"
)

// TestR07ClockSet: somebody sets the wall clock, or takes the CPU, while the two clocks
// are compared. What comes out is the beginning by one setting and never a mixture.
func TestR07ClockSet(t *testing.T) {
	const ms, year = uint64(time.Millisecond), 365 * 24 * int64(time.Hour)
	for name, c := range map[string]struct {
		takes [3]uint64 // how long each attempt is away, behind the wall clock's reading
		set   [3]int64  // by how much the wall clock is off then
		want  int64
	}{
		"nothing happens":     {[3]uint64{}, [3]int64{}, 0},
		"away once":           {[3]uint64{80 * ms, 0, 90 * ms}, [3]int64{}, 0},
		"set ahead":           {[3]uint64{0, 2 * ms, 2 * ms}, [3]int64{0, year, year}, 0},
		"set back, then away": {[3]uint64{2 * ms, 0, 2 * ms}, [3]int64{0, -year, -year}, -year},
	} {
		const began = int64(1_700_000_000_000_000_000)
		boot, attempt, asked := uint64(5*ms), 0, 0
		got := bootTime(func() time.Time {
			now := time.Unix(0, began+int64(boot)+c.set[attempt])
			boot += c.takes[attempt]
			return now
		}, func() uint64 {
			if asked++; asked%2 == 1 {
				attempt = asked / 2
			}
			return boot
		})
		if got != began+c.want {
			t.Errorf("%s: boot at %d, want %d", name, got, began+c.want)
		}
	}
}
