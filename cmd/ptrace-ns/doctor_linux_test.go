package main

import (
	"io"
	"strings"
	"testing"
)

// TestDoctorBuffer: what watch cannot have is not looked for.
func TestDoctorBuffer(t *testing.T) {
	cmd := newDoctor(&app{out: io.Discard})
	cmd.SetArgs([]string{"--buffer", "4k"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); exitCode(err) != exitUsage || !strings.Contains(message(err), "from 32KiB on") {
		t.Errorf("code %d: %v", exitCode(err), err)
	}
}
