package confine

import (
	"slices"
	"testing"

	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// TestKeep: nothing is kept that was not there, and nothing that the plan has no use for.
func TestKeep(t *testing.T) {
	all := cap.NewSet()
	for v := cap.Value(0); v <= cap.CHECKPOINT_RESTORE; v++ {
		if err := all.SetFlag(cap.Permitted, true, v); err != nil {
			t.Fatal(err)
		}
	}
	few := cap.NewSet()
	if err := few.SetFlag(cap.Permitted, true, cap.BPF, cap.PERFMON, cap.KILL); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plan Plan
		had  *cap.Set
		want []string
	}{
		{Plan{}, all, []string{"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"}},
		{Plan{Command: true}, all, []string{"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_KILL"}},
		{Plan{Files: true}, all, []string{"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_CHOWN"}},
		{Plan{}, few, nil},
		{Plan{Command: true}, few, []string{"CAP_KILL"}},
	} {
		left, names, err := reduced(c.had, c.plan.keep())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%+v keeps %v, want %v", c.plan, names, c.want)
		}
		for _, v := range []cap.Value{cap.BPF, cap.PERFMON, cap.SYS_ADMIN, cap.SETUID} {
			if on, err := left.GetFlag(cap.Permitted, v); err != nil || on {
				t.Errorf("%+v keeps %s: %v", c.plan, v, err)
			}
		}
	}
}
