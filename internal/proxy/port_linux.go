package proxy

// reusePort is SO_REUSEPORT, which package syscall does not name for every processor.
const reusePort = 0xf
