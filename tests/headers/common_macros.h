/* Words that X11, windows.h, curses.h and others define as macros, after the standard headers were included. */
#define Bool int
#define None 0L
#define Success 0
#define True 1
#define False 0
#define Always 2
#define Complex 0
#define Convex 2
#define Above 0
#define Below 1
#define Window unsigned
#define Font unsigned
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define abs(a) ((a) < 0 ? -(a) : (a))
#define near
#define far
#define small char
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define ERROR 0
#define NO_ERROR 0
#define DELETE 1
#define TRUE 1
#define FALSE 0
#define OVERFLOW 3
#define major(device) ((device) >> 8)
#define minor(device) ((device) & 255)
#define check(condition) ((void)(condition))
#define verify(condition) ((void)(condition))
#define CHECK(condition) ((void)(condition))
#define LOG(level) ((void)(level))
#define PI 3.14
#define E 2.72
#define I 1
#define emit
#define signals public
#define slots
#define linux 1
#define unix 1
#define error(text) ((void)(text))
