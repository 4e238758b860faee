/* Prints every greeting of a file, and for which architecture and on which machine it does. */
#include <stdio.h>
#include <sys/utsname.h>

int main(int argc, char **argv) {
    struct utsname machine;
    char line[256];
    FILE *greetings = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (greetings == NULL || uname(&machine) != 0) {
        fprintf(stderr, "usage: hello GREETINGS\n");
        return 1;
    }
    while (fgets(line, sizeof line, greetings) != NULL) fputs(line, stdout);
    printf("built for %s, running on %s\n", ARCHITECTURE, machine.machine);
    return fclose(greetings) == 0 ? 0 : 1;
}
