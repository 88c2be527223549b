package main

import (
	"fmt"
	"os"

	"github.com/ptrace-ns/ptrace-ns/tracer/container"
	"github.com/ptrace-ns/ptrace-ns/tracer/container/engine"
)

// lookup finds out about containers: from the runtimes' files, and from engines when
// the flag --runtime-api says so.
func lookup(api string) (*container.Lookup, error) {
	resolver := container.NewResolver("/")
	var asked *engine.Engine
	var err error
	switch api {
	case "", "off":
		return container.NewLookup(resolver, nil), nil
	case "auto":
		asked, err = engine.Auto()
	default:
		if info, statErr := os.Stat(api); statErr != nil {
			return nil, fmt.Errorf("runtime-api: %w", statErr)
		} else if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("runtime-api %s: not a socket", api)
		}
		asked, err = engine.At(api)
	}
	if err != nil {
		return nil, err
	}
	return container.NewLookup(resolver, asked), nil
}
