package confine

import (
	"errors"
	"fmt"
	"os/user"
	"strconv"
)

// Plan is what is still to be done once tracing is attached.
type Plan struct {
	// Command says that a command runs that may have to be told to end.
	Command bool
	// Files says that files are made, renamed or removed later, not only written.
	Files bool
	// Engines says that container engines are asked over their sockets.
	Engines bool
	// User is whom to become; nil stays who it is.
	User *User
}

// User is a user as the kernel knows one.
type User struct {
	UID, GID int
	Groups   []int
}

// ErrUser says that there is no such user, or none to become.
var ErrUser = errors.New("no user to become")

// FindUser looks a user up by name or number, with all groups. Root is refused: who
// becomes root gives nothing up.
func FindUser(name string) (*User, error) {
	found, err := user.Lookup(name)
	if err != nil {
		if found, err = user.LookupId(name); err != nil {
			// A number needs no entry: in a container's root there may be no list of users.
			if uid, err := strconv.ParseInt(name, 10, 32); err == nil && uid > 0 {
				return &User{UID: int(uid), GID: int(uid)}, nil
			}
			return nil, fmt.Errorf("user %q: %w: there is no such user", name, ErrUser)
		}
	}
	u := &User{}
	if u.UID, err = strconv.Atoi(found.Uid); err != nil {
		return nil, fmt.Errorf("user %q: %w", name, err)
	}
	if u.GID, err = strconv.Atoi(found.Gid); err != nil {
		return nil, fmt.Errorf("user %q: %w", name, err)
	}
	if u.UID == 0 {
		return nil, fmt.Errorf("user %q: %w: root gives nothing up, name another", name, ErrUser)
	}
	groups, err := found.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of user %q: %w", name, err)
	}
	for _, text := range groups {
		gid, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("groups of user %q: %w", name, err)
		}
		u.Groups = append(u.Groups, gid)
	}
	return u, nil
}

// Result says what was kept.
type Result struct {
	// Capabilities are those that stay, by their names.
	Capabilities []string
	// Filter is why there is no filter of system calls; nil says that there is one.
	Filter error
}
