package oracle

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// patience is how long anything may take that the kernel does at once.
const patience = 10 * time.Second

// errRefused is a system call that failed in a process that was told to make it.
var errRefused = errors.New("refused")

// What SIGTERM does to a process.
const (
	byDefault = iota
	ignored
	handled
	exits
	dispositions
)

// node is one process of the workload.
type node struct {
	Life
	id     int
	conn   *net.UnixConn
	pidfd  *os.File // nil when the process was gone at once
	spaces []*space // those of its chain but the initial one

	waitsFor    *node // its vfork child that neither executed nor ended yet
	term        int   // what SIGTERM does
	isSubreaper bool
	unshared    bool // its next child is the init of a new namespace
	strays      bool // its children are born elsewhere than it lives
	leaderless  bool
	threads     int
	waited      bool // somebody has reaped it
}

// space is a PID namespace that was born here.
type space struct {
	Space
	init *node
}

func (n *node) level() int   { return len(n.spaces) }
func (n *node) own() Number  { return n.Chain[len(n.Chain)-1] }
func (n *node) isInit() bool { return len(n.spaces) > 0 && n.own().PID == 1 }
func (n *node) free() bool   { return n.Alive && n.waitsFor == nil }

func (n *node) in(s *space) bool {
	for _, other := range n.spaces {
		if other == s {
			return true
		}
	}
	return false
}

// sees returns the number by which n knows the other, 0 when it does not.
func (n *node) sees(other *node) int {
	if n.Chain == nil || other.Chain == nil {
		return 0
	}
	if level := n.level(); level <= other.level() && n.own().Inum == other.Chain[level].Inum {
		return other.Chain[level].PID
	}
	return 0
}

// send gives an order.
func (n *node) send(format string, args ...any) error {
	_, err := fmt.Fprintf(n.conn, format, args...)
	return err
}

// call gives an order and returns what comes after "ok".
func (n *node) call(format string, args ...any) (string, error) {
	if err := n.send(format, args...); err != nil {
		return "", err
	}
	answer, err := n.answer(patience)
	if err != nil {
		return "", fmt.Errorf("order %q: %w", fmt.Sprintf(format, args...), err)
	}
	return answer, nil
}

func (n *node) answer(within time.Duration) (string, error) {
	buf := make([]byte, 4096)
	if err := n.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	size, err := n.conn.Read(buf)
	if err != nil {
		return "", fmt.Errorf("process %d: answer: %w", n.PID, err)
	}
	text := string(buf[:size])
	if value, ok := strings.CutPrefix(text, "ok"); ok {
		return strings.TrimSpace(value), nil
	}
	return "", fmt.Errorf("process %d: %w: %s", n.PID, errRefused, text)
}

// awaitEnd returns when the process has closed its files.
func (n *node) awaitEnd() error {
	if err := n.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for buf := make([]byte, 64); ; {
		_, err := n.conn.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("process %d: still alive", n.PID)
		}
		if err != nil { // io.EOF, or a reset when an order was never read
			return n.conn.Close()
		}
	}
}

// refused turns a refusal into "not done".
func refused(err error) (bool, error) {
	if errors.Is(err, errRefused) {
		return false, nil
	}
	return err == nil, err
}

// eventually waits for what happens within microseconds, as a rule.
func eventually(what string, condition func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Microsecond) {
		ok, err := condition()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %v", what, patience)
		}
	}
}
