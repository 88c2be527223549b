package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// containerd asks containerd for one of its containers, by the one call that is needed of its
// API: a gRPC call is a POST over HTTP/2 with a length before the message (gRPC over
// HTTP2, doc/PROTOCOL-HTTP2.md), and net/http speaks that.
type containerd struct{ http http.Client }

const (
	getContainer = "http://containerd/containerd.services.containers.v1.Containers/Get"
	grpcNotFound = "5"
	// maxAnswer bounds an answer; it has the container's configuration with it.
	maxAnswer = 4 << 20
	// frameHead is what comes before a message: not compressed, 4 bytes of length.
	frameHead = 5
)

func newContainerd(socket string, dial Dial) *containerd {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	return &containerd{http.Client{Transport: &http.Transport{
		Protocols: &protocols,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial(ctx, "unix", socket)
		},
	}}}
}

// ask returns c with its image and what its labels say. Containers of ctr have no names.
func (d *containerd) ask(ctx context.Context, c *events.Container) (*events.Container, error) {
	raw, err := d.get(ctx, c.Namespace, c.ID)
	if err != nil {
		return nil, fmt.Errorf("container %s: %w", c.ID, err)
	}
	answer := *c
	image, labels, err := decodeContainer(raw)
	if err != nil {
		return nil, fmt.Errorf("container %s: %w", c.ID, err)
	}
	answer.Image, answer.Source = image, "api"
	container.Annotate(&answer, labels)
	return &answer, nil
}

// get returns the response message.
func (d *containerd) get(ctx context.Context, namespace, id string) (raw []byte, err error) {
	message := binary.AppendUvarint([]byte{1<<3 | wireBytes}, uint64(len(id)))
	message = append(message, id...)
	head := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, getContainer, bytes.NewReader(append(head, message...)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	request.Header.Set("Containerd-Namespace", namespace)
	response, err := d.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("not told by containerd: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	raw, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("not told by containerd: %w", err)
	}
	status := response.Trailer
	if status.Get("Grpc-Status") == "" { // a refusal is told at once
		status = response.Header
	}
	switch code := status.Get("Grpc-Status"); {
	case code == grpcNotFound:
		return nil, container.ErrNotKnown
	case code != "0":
		return nil, fmt.Errorf("containerd refused: HTTP %s, gRPC status %q: %q", response.Status, code, status.Get("Grpc-Message"))
	case len(raw) < frameHead || raw[0] != 0 || uint64(binary.BigEndian.Uint32(raw[1:])) != uint64(len(raw)-frameHead):
		return nil, fmt.Errorf("containerd's answer of %d bytes is no message", len(raw))
	}
	return raw[frameHead:], nil
}
