unknown slirp4netns option "fast=1"
