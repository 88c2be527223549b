package oracle

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// crowd is how many processes live at once.
const crowd = 24

// World is one workload: the processes that it consists of and what is true of
// them. The first, the keeper, starts all others, takes orders at any time, never
// ends by an operation and is a subreaper at first. It is used by one goroutine.
type World struct {
	images   []string // programs to execute, the same under several names
	address  string
	listener *net.UnixListener
	cmd      *exec.Cmd
	keeper   *node
	nodes    []*node // every one that was born, in that order
	spaces   []*space
	signals  []Signal
	arrived  map[int]*arrival
	done     map[Kind]int
	orders   int  // how many processes and images were numbered
	few      bool // a namespace has few PIDs
}

// arrival is a process that has connected and told who it is.
type arrival struct {
	conn *net.UnixConn
	ID
}

// Images copies the executor program under several names: an exec is seen to be one.
func Images(program, dir string) ([]string, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var images []string
	for i := range 3 {
		image := filepath.Join(dir, fmt.Sprintf("pn-image-%d", i))
		if err := os.WriteFile(image, text, 0o755); err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

// Start begins a workload; dir is for its socket alone while it lasts.
func Start(images []string, dir string) (*World, error) {
	w := &World{
		images: images, address: filepath.Join(dir, "socket"),
		arrived: map[int]*arrival{}, done: map[Kind]int{},
	}
	if err := w.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("workload: %w", err), w.Close())
	}
	return w, nil
}

func (w *World) start() (err error) {
	addr := &net.UnixAddr{Name: w.address, Net: "unixpacket"}
	if w.listener, err = net.ListenUnix("unixpacket", addr); err != nil {
		return err
	}
	w.cmd = exec.Command(w.images[0], w.address, "0")
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := w.cmd.Start(); err != nil {
		return err
	}
	self, err := statOf(os.Getpid())
	if err != nil {
		return err
	}
	// Go's exec clones with CLONE_VFORK, and then the keeper has executed once.
	w.keeper, err = w.admit(&node{Life: Life{Creator: self.ID, Under: self.ID, Execs: 1}})
	if err != nil {
		return err
	}
	w.keeper.isSubreaper = true
	_, err = w.keeper.call("subreaper 1")
	return err
}

// Rename gives the keeper a name: what was recorded before the record of that is
// all that has happened up to now.
func (w *World) Rename(name string) error {
	_, err := w.keeper.call("rename %s", name)
	return err
}

// Keeper returns the identity of the first process.
func (w *World) Keeper() ID { return w.keeper.ID }

// Done returns how often each kind of operation was performed.
func (w *World) Done() map[Kind]int { return w.done }

// Signals returns what was sent, in order.
func (w *World) Signals() []Signal { return w.signals }

// Lives returns every process of the workload in the order of their births.
func (w *World) Lives() ([]Life, error) {
	all := make([]Life, 0, len(w.nodes))
	for _, n := range w.nodes {
		if n.Alive {
			if err := n.look(); err != nil {
				return nil, fmt.Errorf("process %d: %w", n.PID, err)
			}
		}
		all = append(all, n.Life)
	}
	return all, nil
}

// Spaces returns the PID namespaces of the workload in which something lives, in
// the order of their births.
func (w *World) Spaces() []Space {
	var all []Space
	for _, s := range w.spaces {
		told := s.Space
		for _, n := range w.nodes {
			if n.Alive && n.in(s) {
				told.Members++
			}
		}
		if told.Members > 0 {
			all = append(all, told)
		}
	}
	return all
}

// accept takes one process that connects, and tells whether there was one.
func (w *World) accept(within time.Duration) (bool, error) {
	if err := w.listener.SetDeadline(time.Now().Add(within)); err != nil {
		return false, err
	}
	conn, err := w.listener.AcceptUnix()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	a := &arrival{conn: conn}
	buf := make([]byte, 64)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return false, err
	}
	size, err := conn.Read(buf)
	if err != nil {
		return false, fmt.Errorf("hello: %w", err)
	}
	var id int
	if _, err := fmt.Sscanf(string(buf[:size]), "hello %d %d", &id, &a.Ticks); err != nil {
		return false, fmt.Errorf("hello %q: %w", buf[:size], err)
	}
	a.PID, err = peer(conn)
	w.arrived[id] = a
	return true, err
}

// peer returns the PID of who connected, as the kernel translates it.
func peer(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return 0, fmt.Errorf("peer of a socket: %w", err)
	}
	return int(cred.Pid), nil
}

// Close ends all processes and waits until they are gone.
func (w *World) Close() error {
	var errs []error
	if w.keeper != nil {
		errs = append(errs, w.end())
	}
	if w.cmd != nil && w.cmd.Process != nil {
		w.cmd.Process.Kill()
		w.cmd.Wait()
	}
	for _, n := range w.nodes {
		n.conn.Close()
		if n.pidfd != nil {
			n.pidfd.Close()
		}
	}
	for _, a := range w.arrived {
		a.conn.Close()
	}
	if w.listener != nil {
		errs = append(errs, w.listener.Close())
	}
	return errors.Join(errs...)
}

// end kills whoever lives and has the keeper, to whom all then come, reap them.
func (w *World) end() error {
	if _, err := w.keeper.call("subreaper 1"); err != nil {
		return err
	}
	for _, n := range w.nodes {
		if n != w.keeper && n.pidfd != nil {
			unix.PidfdSendSignal(int(n.pidfd.Fd()), unix.SIGKILL, nil, 0)
		}
	}
	err := eventually("end of all processes", func() (bool, error) {
		_, err := w.keeper.call("reap")
		return err == nil && !slices.ContainsFunc(w.nodes, w.lasts), err
	})
	if err == nil {
		_, err = w.keeper.call("reap")
	}
	return err
}

// lasts reports whether a process but the keeper is not even a zombie yet.
func (w *World) lasts(n *node) bool {
	if n == w.keeper || n.pidfd == nil {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(n.pidfd.Fd()), Events: unix.POLLIN}}
	count, _ := unix.Poll(fds, 0)
	return count == 0
}
