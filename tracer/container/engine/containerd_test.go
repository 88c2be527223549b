package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// field encodes a field that has a length.
func field(number byte, value string) string {
	return string(binary.AppendUvarint([]byte{number<<3 | wireBytes}, uint64(len(value)))) + value
}

func framed(message string) string {
	return string(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))) + message
}

// grpcServer answers every call so, and tells what was asked: namespace and message.
func grpcServer(t *testing.T, status, body string) (socket string, asked *[]string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "containerd.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	asked = new([]string)
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.URL.Path+" "+r.Header.Get("Containerd-Namespace")+" "+string(message))
		w.Header().Set("Content-Type", "application/grpc")
		if body == "" { // a refusal has no trailer
			w.Header().Set("Grpc-Status", status)
			return
		}
		w.Header().Set("Trailer", "Grpc-Status")
		io.WriteString(w, body)
		w.Header().Set("Grpc-Status", status)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return socket, asked
}

func TestAskContainerd(t *testing.T) {
	told := field(1, "web") + "\x20\x07" + field(2, field(1, "nerdctl/name")+field(2, "shop")) + field(3, "docker.io/library/busybox:1") + "\x2d1234" + "\x3112345678"
	socket, asked := grpcServer(t, "0", framed(field(1, told)+field(9, "new")))
	e, err := At(socket, new(net.Dialer).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Ask(context.Background(), &events.Container{ID: "web", Runtime: "containerd", Namespace: "default", Source: "state"})
	if err != nil {
		t.Fatal(err)
	}
	want := &events.Container{ID: "web", Runtime: "containerd", Namespace: "default", Source: "api", Name: "shop", Image: "docker.io/library/busybox:1"}
	if !got.Equal(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if call := "/containerd.services.containers.v1.Containers/Get default " + framed(field(1, "web")); len(*asked) != 1 || (*asked)[0] != call {
		t.Errorf("asked %q, want %q once", *asked, call)
	}
	if got, err := e.Ask(context.Background(), &events.Container{ID: "web", Runtime: "containerd"}); got != nil || err != nil || len(*asked) != 1 {
		t.Errorf("without a namespace: %+v, %v, want it not asked", got, err)
	}
}

func TestContainerdRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		status, body, says string
		want               error
	}{
		"unknown":      {status: "5", want: container.ErrNotKnown},
		"forbidden":    {status: "7", says: `status "7"`},
		"compressed":   {status: "0", body: "\x01\x00\x00\x00\x00", says: "no message"},
		"short":        {status: "0", body: "\x00\x00\x00\x00\x05abc", says: "no message"},
		"no protobuf":  {status: "0", body: framed("\x0f"), want: errMessage},
		"cut":          {status: "0", body: framed(field(1, "\x1a\x7f")), want: errMessage},
		"cut number":   {status: "0", body: framed("\x08\xff"), want: errMessage},
		"endless size": {status: "0", body: framed("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), want: errMessage},
	} {
		t.Run(name, func(t *testing.T) {
			socket, _ := grpcServer(t, c.status, c.body)
			e, err := At(socket, new(net.Dialer).DialContext)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Ask(context.Background(), &events.Container{ID: "web", Runtime: "containerd", Namespace: "default"})
			if got != nil || err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v, %v; want %v, %q", got, err, c.want, c.says)
			}
		})
	}
}
