package kerneltest

import (
	"os"
	"strings"
	"testing"
)

// recorder is a testing.TB that keeps what a leak check would fail with.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(_ string, args ...any) {
	r.errors = append(r.errors, args[0].(string))
}

func (r *recorder) finish() {
	for _, f := range r.cleanups {
		f()
	}
}

func TestCheckLeaksFindsWhatIsLeft(t *testing.T) {
	rec := &recorder{TB: t}
	CheckLeaks(rec)
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	go func() { <-stop }()
	rec.finish()
	close(stop)
	file.Close()

	if len(rec.errors) != 2 {
		t.Fatalf("leaks found: %q, want a descriptor and a goroutine", rec.errors)
	}
	if !strings.HasSuffix(rec.errors[0], "/dev/null") {
		t.Errorf("first leak: %q, want the descriptor of /dev/null", rec.errors[0])
	}
	if !strings.Contains(rec.errors[1], "TestCheckLeaksFindsWhatIsLeft") {
		t.Errorf("second leak: %q, want this test's goroutine", rec.errors[1])
	}
}

func TestCheckLeaksAcceptsWhatIsClosed(t *testing.T) {
	rec := &recorder{TB: t}
	CheckLeaks(rec)
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	go func() { <-stop }()
	close(stop)
	file.Close()
	rec.finish()
	if len(rec.errors) != 0 {
		t.Errorf("leaks found: %q, want none", rec.errors)
	}
}
