package engine

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// serve answers as an engine of an old API version does.
func serve(t *testing.T, body string) (socket string, asked *[]string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	asked = new([]string)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		if strings.HasSuffix(r.URL.Path, "/_ping") {
			return
		}
		*asked = append(*asked, r.URL.Path)
		if body == "" {
			http.Error(w, `{"message":"No such container"}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(body))
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return socket, asked
}

func TestAsk(t *testing.T) {
	id := strings.Repeat("9f1c", 16)
	socket, asked := serve(t, `{"Id":"`+id+`","Name":"/web","Config":{"Image":"busybox:1","Labels":{"io.kubernetes.pod.name":"p"}}}`)
	e, err := At(socket, new(net.Dialer).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Ask(context.Background(), &events.Container{ID: id, Runtime: "docker", Source: "cgroup", PodQoS: "burstable"})
	if err != nil {
		t.Fatal(err)
	}
	want := &events.Container{ID: id, Runtime: "docker", Source: "api", Name: "web", Image: "busybox:1", Pod: "p", PodQoS: "burstable"}
	if !got.Equal(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(*asked) != 1 || (*asked)[0] != "/v1.41/containers/"+id+"/json" {
		t.Errorf("asked for %q, want the container once, by API 1.41", *asked)
	}
	if got, err := e.Ask(context.Background(), &events.Container{ID: id, Runtime: "lxc"}); got != nil || err != nil || len(*asked) != 1 {
		t.Errorf("another runtime's: %+v, %v, %d questions, want nil and none", got, err, len(*asked))
	}
}

func TestAskUnknown(t *testing.T) {
	socket, _ := serve(t, "")
	for _, socket := range []string{socket, filepath.Join(t.TempDir(), "nobody.sock")} {
		e, err := At(socket, new(net.Dialer).DialContext)
		if err != nil {
			t.Fatal(err)
		}
		c := &events.Container{ID: strings.Repeat("0", 64), Runtime: "docker"}
		if got, err := e.Ask(context.Background(), c); got != nil || err == nil {
			t.Errorf("%+v, %v, want nil and an error", got, err)
		}
	}
}
