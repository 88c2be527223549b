package kerneltest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What InitIsHidden rests on sees everybody but PID 1, or PID 1 with all its threads.
func TestInitIsHidden(t *testing.T) {
	RequireBPF(t)
	tasks, err := walk()
	if err != nil {
		t.Fatal(err)
	}
	if len(tasks) < 10 || !bytes.Contains(tasks, []byte{'0'}) {
		t.Fatalf("iter/task shows %q", tasks)
	}
	threads, err := filepath.Glob("/proc/1/task/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/1"); err != nil {
		t.Fatal(err)
	}
	shown := bytes.Count(tasks, []byte{'1'})
	if hidden := InitIsHidden(t); hidden != (shown == 0) || !hidden && len(threads) == 0 {
		t.Errorf("hidden: %v, but %d of the %d threads of PID 1 are shown", hidden, shown, len(threads))
	}
}
