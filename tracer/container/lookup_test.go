package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func newLookup(t *testing.T, root string, api API) *Lookup {
	t.Helper()
	l := NewLookup(NewResolver(root), api)
	t.Cleanup(l.Close)
	return l
}

// patient has the lookup wait for a busy machine's disk.
func patient(l *Lookup) { l.diskWait.most, l.diskWait.left = time.Minute, time.Minute }

// awaitLate returns the next late answer.
func awaitLate(t *testing.T, l *Lookup) Answer {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if a, ok := l.Late(); ok {
			return a
		}
	}
	t.Fatal("no answer")
	return Answer{}
}

func TestLookup(t *testing.T) {
	l := newLookup(t, host(t), nil)
	patient(l)
	path := "/docker/" + id
	want := &events.Container{ID: id, Runtime: "docker", Source: "state", Namespace: "moby", Name: "web", Image: "busybox:1"}
	first := l.Identify(path).Container
	if !first.Equal(want) {
		t.Fatalf("got %+v, want %+v", first, want)
	}
	if again := l.Identify(path + "/sub").Container; again != first {
		t.Errorf("asked again: %p, want what is remembered, %p", again, first)
	}
	if named := l.Named(Call{ID: id, Namespace: "moby"}, Caller{Program: "containerd-shim-runc-v2"}); named != first {
		t.Errorf("by its id: %p, want what is remembered, %p", named, first)
	}
	l.Forget(first)
	if again := l.Identify(path).Container; again == first || !again.Equal(want) {
		t.Errorf("after it was forgotten: %+v, want it asked for again", again)
	}
	if got := l.Identify("/system.slice/ssh.service").Container; got != nil {
		t.Errorf("a service: %+v, want none", got)
	}
	if got, want := l.Named(Call{ID: "nobody"}, Caller{Program: "runc"}), (&events.Container{ID: "nobody", Runtime: "runc", Source: "args"}); !got.Equal(want) {
		t.Errorf("an unknown one: %+v, want %+v", got, want)
	}
	l.Declare(Call{ID: "n", Creates: true, Bundle: "/bundles/new"}, Caller{Program: "crun"})
	if got := l.Identify("/n").Container; got == nil || got.Name != "fresh" || got.Runtime != "crun" {
		t.Errorf("declared: %+v, want fresh", got)
	}
}

// TestTwoNamespaces: an id is unique in one of containerd's namespaces only.
func TestTwoNamespaces(t *testing.T) {
	l := newLookup(t, host(t), nil)
	patient(l)
	for _, ns := range []string{"default", "rv4ns"} {
		if c := l.Identify("/" + ns + "/web").Container; c == nil || c.Namespace != ns {
			t.Errorf("by its cgroup in %s: %+v", ns, c)
		}
	}
	for _, ns := range []string{"default", "rv4ns", "default"} {
		if c := l.Named(Call{ID: "web", Namespace: ns}, Caller{Program: "containerd-shim-runc-v2"}); c.Namespace != ns || c.Source != "state" {
			t.Errorf("by the arguments for %s: %+v", ns, c)
		}
	}
}

// TestAddressed: a proxy's arguments have the container's address alone.
func TestAddressed(t *testing.T) {
	l := newLookup(t, disk(t, map[string]string{
		"var/lib/docker/containers/" + id + "/config.v2.json":          `{"ID":"` + id + `","Name":"/web","Config":{"Image":"i"},"NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"}}}}`,
		"var/lib/docker/containers/" + other("01") + "/config.v2.json": `{"ID":"` + other("01") + `","Name":"/off","NetworkSettings":{"Networks":{"bridge":{"IPAddress":""}}}}`,
	}), nil)
	patient(l)
	if c := l.Named(Call{Address: "172.17.0.2"}, Caller{Program: "docker-proxy"}); c == nil || c.ID != id || c.Name != "web" {
		t.Errorf("got %+v, want web", c)
	}
	if c := l.Named(Call{Address: "172.17.0.2"}, Caller{Program: "rootlesskit-docker-proxy", UID: user}); c != nil {
		t.Errorf("a user's address: got %+v, want none", c)
	}
	for _, address := range []string{"", "172.17.0.3"} {
		if c := l.Named(Call{Address: address}, Caller{Program: "docker-proxy"}); c != nil {
			t.Errorf("%q: got %+v, want none", address, c)
		}
	}
}

// TestAddressedLater: Docker writes an address down after it has called the proxy.
func TestAddressedLater(t *testing.T) {
	root := disk(t, map[string]string{"var/lib/docker/containers/" + id + "/config.v2.json": `{"ID":"` + id + `","NetworkSettings":{"Networks":{"bridge":{"IPAddress":""}}}}`})
	l := newLookup(t, root, nil)
	patient(l)
	proxy := events.ProcKey{PID: 7, Start: 9}
	if c := l.Named(Call{Address: "172.17.0.2"}, Caller{Key: proxy, Program: "docker-proxy"}); c != nil {
		t.Fatalf("got %+v, want none yet", c)
	}
	file := filepath.Join(root, "var/lib/docker/containers", id, "config.v2.json")
	said := `{"ID":"` + id + `","Name":"/web","NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"}}}}`
	if err := os.WriteFile(file+".tmp", []byte(said), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".tmp", file); err != nil { // as Docker does
		t.Fatal(err)
	}
	if got := awaitLate(t, l); got.Servant != proxy || got.Path != "" || got.Container.ID != id || got.Container.Name != "web" {
		t.Errorf("late: %+v, want web for the proxy", got)
	}
}

// TestDiskThatHangs: who asks waits once and goes on; the answers come later.
func TestDiskThatHangs(t *testing.T) {
	l := newLookup(t, host(t), nil)
	release := make(chan struct{})
	if c := l.ask(l.disk, "/slow", func() finding { <-release; return finding{Container: of("slow", "runc"), by: superuser} }); c.Container != nil {
		t.Fatalf("got %+v, want nothing yet", c)
	}
	// These return although the disk still hangs.
	for range 2 * maxQueued {
		l.Identify("/box") // likely nobody's: all others are before it
	}
	if got := l.Identify("/docker/" + id).Container; got == nil || got.Source != "cgroup" {
		t.Errorf("meanwhile: %+v, want what the path says", got)
	}
	close(release)
	if a := awaitLate(t, l); a.Path != "/slow" || a.Container.ID != "slow" {
		t.Errorf("first answer %+v, want the slow one", a)
	}
	if a := awaitLate(t, l); a.Path != "/docker/"+id || a.Container.Name != "web" {
		t.Errorf("second answer %+v %+v, want web", a, a.Container)
	}
}

// api answers with a name, when it is let.
type api struct {
	let chan error
}

func (a api) Ask(ctx context.Context, c *events.Container) (*events.Container, error) {
	select {
	case err := <-a.let:
		told := *c
		told.Name, told.Source = "told", "api"
		return &told, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestAPI: a daemon is asked behind the events' back, and its answer comes late.
func TestAPI(t *testing.T) {
	a := api{make(chan error, 2)}
	l := newLookup(t, t.TempDir(), a)
	patient(l)
	path := "/docker/" + id
	if c := l.Identify(path).Container; c == nil || c.Source != "cgroup" {
		t.Fatalf("got %+v, want what the path says while nobody answers", c)
	}
	a.let <- nil
	if late := awaitLate(t, l); late.Path != "" || late.Container.ID != id || late.Container.Name != "told" {
		t.Errorf("answer %+v, want told", late.Container)
	}
	if c := l.Identify(path).Container; c.Source != "api" || c.Name != "told" {
		t.Errorf("later: %+v, want told", c)
	}
	l.Identify("/docker/" + inner)
	a.let <- errors.New("gone")
	l.Identify("/docker/" + other("01"))
	a.let <- nil
	if late := awaitLate(t, l); late.Container.ID != other("01") {
		t.Errorf("answer %+v, want that of the question after the failed one", late.Container)
	}
}

// answers is a daemon that is a function.
type answers func(context.Context, *events.Container) (*events.Container, error)

func (a answers) Ask(ctx context.Context, c *events.Container) (*events.Container, error) {
	return a(ctx, c)
}

// TestUnanswered: a daemon that was asked and never answered is told of; one that does
// not know a container has answered, and one that is nobody's was not asked.
func TestUnanswered(t *testing.T) {
	refused := errors.New("connection refused")
	for name, c := range map[string]struct {
		api  answers
		want error
	}{
		"refuses":      {func(context.Context, *events.Container) (*events.Container, error) { return nil, refused }, refused},
		"knows it not": {func(context.Context, *events.Container) (*events.Container, error) { return nil, ErrNotKnown }, nil},
		"not its own":  {func(context.Context, *events.Container) (*events.Container, error) { return nil, nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookup(t, t.TempDir(), c.api)
			if err := l.Unanswered(); err != nil {
				t.Errorf("nothing was asked: %v", err)
			}
			l.remember(finding{Container: of(id, "docker"), by: superuser}, "")
			done := make(chan struct{})
			l.daemon <- func() { close(done) } // after the question
			<-done
			if err := l.Unanswered(); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	hangs := make(chan struct{})
	l := newLookup(t, t.TempDir(), answers(func(ctx context.Context, _ *events.Container) (*events.Container, error) {
		hangs <- struct{}{}
		<-hangs
		return nil, nil
	}))
	l.remember(finding{Container: of(id, "docker"), by: superuser}, "")
	<-hangs
	if err := l.Unanswered(); err == nil {
		t.Error("nothing is said of a question that is under way")
	}
	close(hangs)
}

// TestWaitFor: who looks once waits for the disk and the daemon, but not for one that hangs.
func TestWaitFor(t *testing.T) {
	a := api{make(chan error, 1)}
	l := newLookup(t, t.TempDir(), a)
	l.WaitFor(time.Minute)
	a.let <- nil
	if c := l.Identify("/docker/" + id).Container; c == nil || c.Name != "told" {
		t.Errorf("got %+v, want what the daemon tells", c)
	}
	l.daemonWait = time.Millisecond
	for _, hex := range []string{"01", "02"} {
		if c := l.Identify("/docker/" + other(hex)).Container; c == nil || c.Source != "cgroup" {
			t.Errorf("got %+v, want what the path says", c)
		}
	}
	a.let <- nil
	if late := awaitLate(t, l); late.Container.ID != other("01") {
		t.Errorf("answer %+v, want that of the first", late.Container)
	}
}

// TestAddressedAmongMany: all of Docker's containers are looked at, and all users' places.
func TestAddressedAmongMany(t *testing.T) {
	const many = 300
	files := map[string]string{}
	for i := range many {
		name := fmt.Sprintf("%064x", i)
		files["var/lib/docker/containers/"+name+"/config.v2.json"] = fmt.Sprintf(`{"ID":"%s","NetworkSettings":{"Networks":{"n":{"IPAddress":"10.0.0.%d","GlobalIPv6Address":"fd00::%d"}}}}`, name, i, i)
		files[fmt.Sprintf("run/user/%d/crun/c%d/status", 1000+i, i)] = fmt.Sprintf(`{"cgroup-path":"/u%d/c%d","bundle":"/gone"}`, i, i)
	}
	r := NewResolver(disk(t, files))
	r.owner = func(cgroup string) uint32 {
		var n uint32
		fmt.Sscanf(cgroup, "/u%d/", &n)
		return 1000 + n
	}
	for i := range many {
		for _, address := range []string{fmt.Sprintf("10.0.0.%d", i), fmt.Sprintf("fd00::%d", i)} {
			if c := r.Addressed(address); c == nil || c.ID != fmt.Sprintf("%064x", i) {
				t.Fatalf("%s: got %+v", address, c)
			}
		}
		if c := r.Identify(fmt.Sprintf("/u%d/c%d", i, i)).Container; c == nil || c.Runtime != "crun" {
			t.Fatalf("user %d: got %+v", i, c)
		}
	}
}
