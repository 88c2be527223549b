package container

import (
	"os"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// owned has a user own the cgroups below a path; the rest is root's.
func owned(r *Resolver, path string, uid uint32) *Resolver {
	r.owner = func(cgroup string) uint32 {
		if cgroup == path || len(cgroup) > len(path) && cgroup[:len(path)+1] == path+"/" {
			return uid
		}
		return superuser
	}
	return r
}

const user = 65534

// TestBelieved: what somebody says, by being called or in files of his own, counts for
// cgroups that he owns; what root says for all.
func TestBelieved(t *testing.T) {
	const evil = `{"linux":{"cgroupsPath":"x:session:3"},"annotations":{"io.container.manager":"cri-o","io.kubernetes.container.name":"kube-apiserver"}}`
	root := disk(t, map[string]string{
		"tmp/evil/config.json": evil,
		// The same by files of the runtimes that he himself can write.
		"run/user/65534/crun/3/status":                                                 `{"cgroup-path":"/x.slice/session-3.scope","bundle":"/tmp/evil"}`,
		"run/user/65534/runc/3/state.json":                                             `{"id":"3","cgroup_paths":{"":"/sys/fs/cgroup/x.slice/session-3.scope"},"config":{"labels":["bundle=/tmp/evil"]}}`,
		"run/user/65534/containers/overlay-containers/" + id + "/userdata/config.json": `{"annotations":{"io.kubernetes.container.name":"kube-apiserver"}}`,
	})
	call := Call{ID: "3", Creates: true, Bundle: "/tmp/evil"}
	const theirs, his = "/x.slice/session-3.scope", "/his/x.slice/session-3.scope"
	for name, c := range map[string]struct {
		by   uint32
		path string
		want bool
	}{
		"a user, of root's":    {user, theirs, false},
		"a user, of another's": {user + 1, his, false},
		"nobody knows who":     {noUser, theirs, false},
		"a user, of his own":   {user, his, true},
		"root, of root's":      {superuser, theirs, true},
		"root, of a user's":    {superuser, his, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookup(t, disk(t, map[string]string{"tmp/evil/config.json": evil}), nil)
			patient(l)
			owned(l.resolver, "/his", user)
			caller := Caller{Program: "runc", UID: c.by}
			l.Declare(call, caller)
			l.Named(call, caller)
			if got := l.Identify(c.path).Container; (got != nil) != c.want {
				t.Errorf("got %+v, want one: %v", got, c.want)
			}
		})
	}
	t.Run("files", func(t *testing.T) {
		r := owned(NewResolver(root), "/his", user)
		if got := r.Identify(theirs).Container; got != nil {
			t.Errorf("root's cgroup: %+v, want none", got)
		}
		r = owned(NewResolver(root), "/x.slice", user)
		if got := r.Identify(theirs).Container; got == nil || got.ID != "3" {
			t.Errorf("his own: %+v, want it", got)
		}
	})
	t.Run("of a container that root has", func(t *testing.T) {
		path := "/machine.slice/libpod-" + id + ".scope"
		if got := NewResolver(root).Identify(path).Container; got == nil || got.Name != "" {
			t.Errorf("root's: %+v, want no name", got)
		}
		if got := owned(NewResolver(root), path, user).Identify(path).Container; got == nil || got.Name != "kube-apiserver" {
			t.Errorf("his own: %+v, want it", got)
		}
	})
}

// TestApartByUser: two containers of one id, root's and a user's, are told apart whatever is
// asked first, and whatever is remembered.
func TestApartByUser(t *testing.T) {
	root := disk(t, map[string]string{
		"b/root/config.json": `{"annotations":{"io.kubernetes.container.name":"roots"}}`,
		"b/user/config.json": `{"annotations":{"io.kubernetes.container.name":"users"}}`,
	})
	l := newLookup(t, root, nil)
	patient(l)
	owned(l.resolver, "/his", user)
	callers := map[string]uint32{"user": user, "root": superuser}
	for range 2 {
		for _, who := range []string{"user", "root", "user"} {
			call, by := Call{ID: "web", Creates: true, Bundle: "/b/" + who}, Caller{Program: "runc", UID: callers[who]}
			l.Declare(call, by)
			if c := l.Named(call, by); c.Name != who+"s" {
				t.Errorf("named by %s: %q", who, c.Name)
			}
		}
		for path, want := range map[string]string{"/web": "roots", "/his/web": "users"} {
			if c := l.Identify(path).Container; c == nil || c.Name != want {
				t.Errorf("%s: %+v, want %s", path, c, want)
			}
		}
	}
}

// TestManyOfOthers: however often users call for an id, what root said of it stays.
func TestManyOfOthers(t *testing.T) {
	root := disk(t, map[string]string{"b/config.json": `{"annotations":{"io.kubernetes.container.name":"roots"}}`})
	r := NewResolver(root)
	r.Declare(Call{ID: "web", Creates: true, Bundle: "/b"}, Caller{Program: "runc"})
	for uid := range uint32(2 * maxOfOne) {
		r.Declare(Call{ID: "web", Creates: true, Bundle: "/b"}, Caller{Program: "runc", UID: 1000 + uid})
	}
	if n := len(r.declared.byID["web"]); n != maxOfOne {
		t.Errorf("%d declarations, want %d", n, maxOfOne)
	}
	if all := r.declared.of("web", nil, believed(superuser)); len(all) != 1 || all[0].bundle != "/b" {
		t.Errorf("of root's: %+v, want the one", all)
	}
	if n := len(r.kept.of("web")); n != maxOfOne {
		t.Errorf("%d bundles, want %d", n, maxOfOne)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if c := r.Identify("/web").Container; c == nil || c.Name != "roots" {
		t.Errorf("got %+v, want root's", c)
	}
}

// TestNestedOwner: who owns a container's cgroup says nothing of the container around it.
func TestNestedOwner(t *testing.T) {
	around := "/machine.slice/libpod-" + id + ".scope"
	root := disk(t, map[string]string{
		"run/user/65534/containers/overlay-containers/" + id + "/userdata/config.json": `{"annotations":{"io.kubernetes.container.name":"his"}}`,
	})
	path := around + "/docker/" + other("07")
	if c := owned(NewResolver(root), path, user).Identify(path).Container; c == nil || c.Outer == nil || c.Outer.Name != "" {
		t.Errorf("got %+v, want nothing of the outer one", c)
	}
	if c := owned(NewResolver(root), around, user).Identify(path).Container; c == nil || c.Outer == nil || c.Outer.Name != "his" {
		t.Errorf("got %+v, want the outer one's name", c)
	}
}

// TestLateOfAUser: what a user says of a container that is in no cgroup yet is not told
// late: that would be for all of the id.
func TestLateOfAUser(t *testing.T) {
	l := newLookup(t, t.TempDir(), nil)
	for _, c := range []struct {
		a    Answer
		want bool
	}{
		{Answer{Container: of("web", "runc"), by: user}, false},
		{Answer{Container: of("web", "runc"), by: user, Path: "/his/web"}, true},
		{Answer{Container: of("web", "runc"), by: superuser}, true},
		{Answer{Path: "/web"}, false},
	} {
		l.give(make(chan finding), c.a)
		if _, ok := l.Late(); ok != c.want {
			t.Errorf("%+v: told %v, want %v", c.a, ok, c.want)
		}
	}
}

func TestOwnFirst(t *testing.T) {
	for pair, want := range map[[2]uint32]int{{superuser, superuser}: 0, {user, user}: 0, {superuser, user}: 1, {user, superuser}: -1} {
		if got := ownFirst(pair[0], pair[1]); got != want {
			t.Errorf("%v: %d, want %d", pair, got, want)
		}
	}
}

func TestCallerOf(t *testing.T) {
	p := &events.Process{UID: 0, Container: of("o", "runc")}
	if by := CallerOf(p, "runc", "/w"); by.UID != noUser || by.Outer != p.Container || by.Program != "runc" || by.Cwd != "/w" {
		t.Errorf("uid not known: %+v", by)
	}
	p.HasIDs = true
	if by := CallerOf(p, "runc", ""); by.UID != superuser {
		t.Errorf("root: %+v", by)
	}
}

// TestSearchEnds: a place of very many directories is looked into as long as a search may
// take, and not longer.
func TestSearchEnds(t *testing.T) {
	files := map[string]string{}
	for i := range 3 * dirsAtOnce {
		files["run/many/"+time.Duration(i).String()+"/f"] = ""
	}
	r := NewResolver(disk(t, files))
	count := func() (n int) {
		for range r.dirsIn("/run/many") {
			n++
		}
		return n
	}
	if n := count(); n != 3*dirsAtOnce {
		t.Errorf("%d directories, want all", n)
	}
	began := time.Now()
	r.now = func() time.Time { began = began.Add(searching / 2); return began }
	if n := count(); n != dirsAtOnce {
		t.Errorf("%d directories in a search without time, want %d", n, dirsAtOnce)
	}
}
