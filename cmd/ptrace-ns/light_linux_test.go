package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestLightlyReachesEveryThread, the runtime's supervisor above all, which is none of
// those that goroutines run on; and no command.
func TestLightlyReachesEveryThread(t *testing.T) {
	kerneltest.RequireRoot(t)
	if was := usualSlack.Swap(0); was != 0 { // a test before traced
		setSlack(t, int(was))
	}
	usual, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil || len(threads) < 2 {
		t.Fatalf("threads: %v, %v", threads, err)
	}
	lightly()
	t.Cleanup(func() { setSlack(t, usual); usualSlack.Store(0) })
	for _, thread := range threads {
		got, err := os.ReadFile("/proc/" + filepath.Base(thread) + "/timerslack_ns")
		if os.IsNotExist(err) {
			continue // it has ended meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.TrimSpace(string(got)); n != strconv.Itoa(slack) {
			t.Errorf("thread %s: %s ns, want %d", filepath.Base(thread), n, slack)
		}
	}

	cmd := exec.Command("cat", "/proc/self/timerslack_ns")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := unslackened(cmd.Start); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(out.String()); got != strconv.Itoa(usual) {
		t.Errorf("command: %s ns, want %d as before", got, usual)
	}
}

// setSlack gives every thread of the test that slack.
func setSlack(t *testing.T, ns int) {
	threads, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Error(err)
	}
	for _, thread := range threads {
		err := os.WriteFile("/proc/"+filepath.Base(thread)+"/timerslack_ns", []byte(strconv.Itoa(ns)), 0)
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
}
