package internal // b
