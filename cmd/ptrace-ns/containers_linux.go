package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
	"github.com/ptrace-ns/ptrace-ns/tracer/container/engine"
)

// dialByCaller connects with the rights of the caller, who names the socket.
func dialByCaller(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = confine.ByCaller(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

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
		info, err := statByCaller(api)
		if err != nil {
			return nil, fmt.Errorf("runtime-api: %w", err)
		}
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("runtime-api %s: not a socket", api)
		}
		if asked, err = engine.At(api, dialByCaller); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	return container.NewLookup(resolver, asked), nil
}
