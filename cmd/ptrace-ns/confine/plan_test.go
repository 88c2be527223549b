package confine

import (
	"errors"
	"slices"
	"testing"
)

func TestFindUser(t *testing.T) {
	for _, name := range []string{"root", "0", "no-such-user", "-1", "", "2147483648", "1.5"} {
		if u, err := FindUser(name); !errors.Is(err, ErrUser) {
			t.Errorf("%q is %+v, %v", name, u, err)
		}
	}
	if _, err := FindUser("root"); err == nil || err.Error() != `user "root": no user to become: root gives nothing up, name another` {
		t.Errorf("of root it says %v", err)
	}
	// A number that has no entry anywhere.
	u, err := FindUser("2147480000")
	if err != nil || u.UID != 2147480000 || u.GID != u.UID || len(u.Groups) != 0 {
		t.Errorf("%+v, %v", u, err)
	}
	named, err := FindUser("nobody")
	if err != nil {
		t.Skipf("this system has no user nobody: %v", err)
	}
	if named.UID == 0 || !slices.Contains(named.Groups, named.GID) {
		t.Errorf("nobody is %+v", named)
	}
}
