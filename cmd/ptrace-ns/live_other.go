//go:build !linux

package main

import (
	"context"
	"errors"
)

func openLive(context.Context, liveOptions) (tracing, error) {
	return nil, &exitError{Code: exitImpossible, Err: errors.New("tracing needs Linux")}
}
