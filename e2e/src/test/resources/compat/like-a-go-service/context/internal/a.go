package internal // a
