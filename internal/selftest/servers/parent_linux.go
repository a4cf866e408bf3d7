package servers

import "syscall"

// endWithParent has the server killed where the test ends without cleaning up, as one does that takes too long.
func endWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
