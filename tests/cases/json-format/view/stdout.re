^abc +x$
