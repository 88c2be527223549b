package selection_test

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

type environments struct{ all [][]string }

func (e *environments) Put(ev *events.Event) error {
	e.all = append(e.all, ev.Process.Env.Strings())
	return nil
}

func (*environments) Flush() error { return nil }

func TestEnvNames(t *testing.T) {
	var got environments
	ev := exit(1)
	ev.Process.Env = events.ArgsOf("HOME=/root", "TOKEN=a=b", "=odd", "BARE", "")
	put(t, selection.EnvNames(&got), ev, exit(2))
	if len(got.all) != 2 {
		t.Fatalf("%d events, want 2", len(got.all))
	}
	if want := []string{"HOME", "TOKEN", "", "BARE", ""}; !slices.Equal(got.all[0], want) {
		t.Errorf("got %q, want %q", got.all[0], want)
	}
	if ev.Process.Env.Strings()[0] != "HOME=/root" {
		t.Error("the event is changed for others")
	}
}
