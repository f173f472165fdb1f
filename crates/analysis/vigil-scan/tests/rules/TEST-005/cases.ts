//: bad supertest
it('lists', async () => { const res = await request(app).get('/notes'); expect(res.body).toEqual([]); });
//: bad fetch
it('lists', async () => { const res = await fetch('/notes'); expect(await res.json()).toEqual([]); });
//: bad axios
it('lists', async () => { const res = await axios.get('/notes'); expect(res.data).toEqual([]); });
//: good status
it('lists', async () => { const res = await request(app).get('/notes'); expect(res.status).toBe(200); });
//: good supertest status
it('lists', async () => { await request(app).get('/notes').expect(200); });
//: good status code
it('lists', async () => { const res = await app.inject({ url: '/notes' }); expect(res.statusCode).toBe(200); });
//: good prefetch
it('loads', async () => { await prefetch('/notes'); expect(cache.size).toBe(1); });
