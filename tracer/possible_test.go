//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestR10Lacking: what is missing is named, and nothing else.
func TestR10Lacking(t *testing.T) {
	for _, c := range []struct {
		caps []string
		want string
	}{
		{[]string{"CAP_BPF", "CAP_PERFMON"}, "capabilities CAP_BPF and CAP_PERFMON are missing; run as root, or give both: setcap cap_bpf,cap_perfmon=ep PATH-OF-THE-PROGRAM"},
		{[]string{"CAP_PERFMON"}, "capability CAP_PERFMON is missing; run as root, or give the program CAP_PERFMON too"},
	} {
		if got := lacking(c.caps).Error(); got != "tracing is not possible here: "+c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestR10Refusal: a refusal by policy has nothing to do with locked memory, which
// is what the library thinks of first.
func TestR10Refusal(t *testing.T) {
	err := whyNot("the maps", fmt.Errorf("creating map: %w (MEMLOCK may be too low, consider rlimit.RemoveMemlock)", unix.EPERM))
	var impossible *NotPossibleError
	if !errors.As(err, &impossible) || !errors.Is(err, unix.EPERM) {
		t.Fatalf("error is %v, want one that says what is missing, of EPERM", err)
	}
	if text := err.Error(); strings.Contains(text, "MEMLOCK") || !strings.Contains(text, "operation not permitted") {
		t.Errorf("it says %q", text)
	}
}
