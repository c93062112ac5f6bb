/* replay.c: runs a fuzz target over the files named on the command line; the corpus as a test, with any compiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    long n = -1;
    if (f && fseek(f, 0, SEEK_END) == 0) n = ftell(f);
    /* Exactly as large as the file, so that reading beyond it is seen. */
    uint8_t *data = n >= 0 ? malloc(n ? (size_t)n : 1) : NULL;
    int ok = data && fseek(f, 0, SEEK_SET) == 0 && fread(data, 1, (size_t)n, f) == (size_t)n;
    if (ok)
        (void)LLVMFuzzerTestOneInput(data, (size_t)n);
    else
        (void)fprintf(stderr, "cannot read %s\n", path);
    free(data);
    if (f) (void)fclose(f);
    return ok;
}

int main(int argc, char **argv)
{
    int good = argc > 1;
    for (int i = 1; i < argc; i++) good &= run_file(argv[i]);
    return good ? 0 : 1;
}
