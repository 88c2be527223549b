//go:build !linux

package main

import (
	"context"
	"errors"
)

var errNotLinux = &exitError{Code: exitImpossible, Err: errors.New("tracing needs Linux; here recordings can be read: by replay, timeline, diff, explain, report and export, and by tree, namespaces, lineage and top with -r")}

func openLive(context.Context, liveOptions) (tracing, error) { return nil, errNotLinux }

func lookLive(context.Context, string) (*census, error) { return nil, errNotLinux }

func smallestBuffer(liveOptions) int { return 1 }
