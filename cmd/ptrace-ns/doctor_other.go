//go:build !linux

package main

import "github.com/ptrace-ns/ptrace-ns/events/report"

func examine(int) (*report.Checkup, error) { return nil, errNotLinux }
