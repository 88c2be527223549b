// Package engine asks a container engine's API over its Unix socket: Docker's,
// Podman's, which answers in the same words, or containerd's. It knows no files and no
// events, and never goes over a network.
package engine

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// The sockets that are asked when no other is named.
const (
	DockerSocket     = "/run/docker.sock"
	PodmanSocket     = "/run/podman/podman.sock"
	ContainerdSocket = "/run/containerd/containerd.sock"
)

// Engine is the APIs of engines. It implements container.API.
type Engine struct {
	clients    map[string]*client.Client // by runtime
	containerd *containerd
}

// Auto asks Docker, Podman and containerd at their usual sockets.
func Auto() (*Engine, error) {
	return open(map[string]string{"docker": DockerSocket, "podman": PodmanSocket}, ContainerdSocket, new(net.Dialer).DialContext)
}

// Dial connects to a socket, as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// At asks the engine at the socket, whichever it is, to which dial connects.
func At(socket string, dial Dial) (*Engine, error) {
	return open(map[string]string{"docker": socket, "podman": socket}, socket, dial)
}

// open makes the clients. They connect when they are first asked, and agree with the
// engine on a version of the API then, from 1.40 (Docker 19.03) on.
func open(sockets map[string]string, containerd string, dial Dial) (*Engine, error) {
	e := &Engine{clients: map[string]*client.Client{}, containerd: newContainerd(containerd, dial)}
	for runtime, socket := range sockets {
		c, err := client.New(client.WithHost("unix://"+socket), client.WithDialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial(ctx, "unix", socket)
		}))
		if err != nil {
			return nil, fmt.Errorf("engine at %s: %w", socket, err)
		}
		e.clients[runtime] = c
	}
	return e, nil
}

// Ask returns c with what its engine says of it; nil when no engine is its own.
func (e *Engine) Ask(ctx context.Context, c *events.Container) (*events.Container, error) {
	if c.Runtime == "containerd" && c.Namespace != "" {
		return e.containerd.ask(ctx, c)
	}
	engine := e.clients[c.Runtime]
	if engine == nil {
		return nil, nil
	}
	told, err := engine.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("container %s: %w", c.ID, container.ErrNotKnown)
	}
	if err != nil {
		return nil, fmt.Errorf("container %s: not told by its engine: %w", c.ID, err)
	}
	answer := *c
	if config := told.Container.Config; config != nil {
		container.Annotate(&answer, config.Labels)
		answer.Image = config.Image
	}
	answer.Name, answer.Source = strings.TrimPrefix(told.Container.Name, "/"), "api"
	return &answer, nil
}
