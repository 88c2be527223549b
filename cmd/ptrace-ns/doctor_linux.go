package main

import (
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/doctor"
)

// examine looks at this machine.
func examine(bufferBytes int) (*report.Checkup, error) {
	return doctor.Examine(doctor.Live(bufferBytes)), nil
}
